/** /learn/sessions: a plain session beside a JWT. Every number comes from the request that carried both. */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';
import { EMPTY, ok, send } from '../../../gatehouse/http.js';
import { watch } from '../bench.js';
import { experiment } from '../experiment.js';

const box = experiment('compare');
const second = find('[data-switch="second"]', box);
const bench = watch();
const CHECKED = { status: 'number', cause: 'string', bytes: 'number', queries: 'number' };

/** @typedef {{status: number, cause: string, bytes: number, queries: number}} Checked */

/** @returns {Promise<{plain: Checked, jwt: Checked}>} */
async function check(title, database) {
  const found = await send('POST', '/bank/compare/check', ok({ plain: CHECKED, jwt: CHECKED }), { body: { database } });
  const told = ({ status, cause, bytes, queries }) => `${status}${cause ? `: ${cause}` : ''}, ${bytes} bytes, ${count(queries)}`;
  box.add({ title, script: [['The two credentials', 'not to be seen', 'secret']], server: [['Plain session', told(found.plain)], ['JWT', told(found.jwt)]] });
  return found;
}

const count = (queries) => (queries === 1 ? '1 query' : `${queries} queries`);

/** What somebody with a copy gets after the sign-out. @returns {import('../evidence.js').Fact} */
const after = (where, { status, cause }) => [where, status === 200 ? 'still taken' : cause || 'refused', status === 200 ? 'got' : 'refused'];

box.run = async () => {
  const asked = second.checked;
  await bench;
  find('[data-exchanges]', box).replaceChildren();
  await send('POST', '/bank/compare/start', EMPTY);
  // The sign-in has ended older sessions, and the first check reads the list of those again.
  await check('A first request', true);
  const here = await check('Another request', true);
  const there = asked ? await check('The same at the second server', false) : null;
  await send('POST', '/bank/compare/end', EMPTY);
  const out = await check('After the sign-out', true);
  const outThere = asked ? await check('After the sign-out, at the second server', false) : null;

  const facts = (one) => [
    ['With each request', `${here[one].bytes} bytes`],
    ['Its check asks the database', here[one].queries ? count(here[one].queries) : 'nothing'],
    ...(asked ? [['At the second server', there[one].status === 200 ? 'good' : there[one].cause]] : []),
    after('After the sign-out', out[one]),
    ...(asked ? [after('After it, at the second server', outThere[one])] : []),
  ];
  return { ...verdict({ here, there, out, outThere }), script: facts('plain'), server: facts('jwt') };
};

function verdict({ here, there, out, outThere }) {
  const [plain, jwt] = [here.plain.bytes, here.jwt.bytes];
  if (there) {
    const works = ['plain', 'jwt'].filter((one) => there[one].status === 200);
    const late = outThere.jwt.status === 200 ? ' It takes the JWT even after the sign-out, until that expires.' : '';
    return { answer: works.length === 1 ? works[0] : 'same', text: `The second server can check the JWT, and knows nothing of the session.${late}` };
  }
  const ended = out.plain.status === 401 && out.jwt.status === 401;
  return {
    answer: plain === jwt ? 'same' : plain < jwt ? 'plain' : 'jwt',
    text: `${ended ? 'Both are over at once.' : 'They do not end alike.'} The session takes ${plain} bytes with each request, the JWT ${jwt}.`,
  };
}

box.clear = async () => { second.checked = false; };
shell.start({});
