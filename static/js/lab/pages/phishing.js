/** /learn/phishing: open the attacker's copy of the sign-in page, and show what its server made of what it was given. */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';
import { ok, send } from '../../../gatehouse/http.js';
import { watch } from '../bench.js';
import { experiment } from '../experiment.js';
import { Stopped, evidence, newRun, openBeside, until } from '../run.js';

const bench = watch();
const { attacker: origin } = find('[data-attacker]').dataset;
const STARTED = ok({ tag: 'string', typed: 'object' });

/** @typedef {{title: string, status: number, code?: string, balance?: number|null, cause?: string}} Step */

/** @returns {Promise<{steps: Step[], browser: string}>} what the attacker's server did */
async function attack(box, way) {
  const run = newRun();
  const attacker = openBeside('about:blank', 'lab-attacker'); // now, while the press still counts as one
  find('[data-exchanges]', box).replaceChildren();
  await bench;
  const { tag, typed } = await send('POST', '/bank/phishing/start', STARTED, { body: { run, way } });
  attacker.location = `${origin}/phishing?tag=${tag}&run=${run}&way=${way}#${new URLSearchParams(typed)}`;
  const done = await until(async () => (await evidence(run, 'phishing')).entries.find(({ what }) => what === 'done'), 20_000);
  if (!done) throw new Stopped(`Nothing came from ${origin}. If its page did not open, this browser cannot reach that address; nothing is pretended instead.`);
  return done;
}

const code = experiment('code');
code.run = async () => {
  const { steps } = await attack(code, 'code');
  for (const { title, status, code: refusal, balance } of steps) {
    const said = [status, refusal, typeof balance === 'number' ? `${balance} left` : ''].filter(Boolean).join(', ');
    code.add({ title: `The attacker’s server: ${title}`, script: [['Alice’s browser', 'has no part in it']], server: [['The bank answered', said, status === 200 ? 'got' : 'refused']] });
  }
  const [paid, second] = [steps.at(-1), steps.at(-2)];
  const isIn = second.status === 200;
  return {
    answer: isIn ? 'in' : 'password',
    text: isIn ? 'He is signed in as Alice, with both factors, and pays with her account.' : 'The bank did not take what Alice typed.',
    script: [
      ['Password and code', 'as Alice typed them', 'got'],
      ['A session', isIn ? 'yes, in his own server' : 'none', isIn ? 'got' : 'refused'],
      ['A payment', paid.status === 200 ? `${paid.balance} of 100 left` : `refused: ${paid.status}`, paid.status === 200 ? 'got' : 'refused'],
    ],
    server: [['The password', `${steps[1].status}, ${steps[1].code}`], ['The code', String(second.status)]],
  };
};

const passkey = experiment('passkey');
passkey.run = async () => {
  const { steps, browser } = await attack(passkey, 'passkey');
  const told = ({ status, cause }) => (status === 200 ? '200: taken' : `401: ${cause}`);
  passkey.add({ title: 'The attacker’s page asks this browser for the bank’s key', script: [['The browser', browser, 'refused']], server: [['', 'Nothing: no request is sent.']] });
  for (const step of steps) {
    passkey.add({ title: `An answer ${step.title}`, script: [['Signature', 'Alice’s own key']], server: [['The bank’s check', told(step), step.status === 200 ? 'good' : 'refused']] });
  }
  const [asMade, changed, real] = steps;
  const answer = asMade.status === 200 ? 'in' : changed.status === 200 ? 'later' : 'nothing';
  return {
    answer,
    text: answer === 'nothing' ? 'The bank takes neither the answer nor a changed one. The same key opens the real page.' : 'The bank took an answer that was made for the attacker’s page.',
    script: [['Alice’s answer', `names ${origin}`], ['A session', answer === 'nothing' ? 'none' : 'yes', answer === 'nothing' ? 'refused' : 'got']],
    server: [
      ['As it was made', told(asMade), asMade.status === 200 ? 'got' : 'refused'],
      ['With the bank’s address written in', told(changed), changed.status === 200 ? 'got' : 'refused'],
      ['Made at the real page', told(real), real.status === 200 ? 'good' : 'refused'],
    ],
  };
};

shell.start({});
