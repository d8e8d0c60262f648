/** The inspector: one's own cookies by way of the server, and a box that decodes here and sends nothing. */

import { clone, find } from '../../dom.js';
import * as shell from '../../shell.js';
import { send } from '../../wire.js';
import { decode, encode } from '../decode.js';
import { show } from '../evidence.js';
import { experiment } from '../experiment.js';

const own = experiment('own');
const paste = experiment('paste');
const pasted = find('#pasted', paste);
const TIMES = { iat: 'issued', exp: 'ends' };

/** Claims as facts, times also in words. */
function facts(claims) {
  return Object.entries(claims).map(([name, value]) => {
    if (!TIMES[name] || typeof value !== 'number') return [name, value];
    const seconds = Math.round(value - Date.now() / 1000);
    const away = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
    return [name, `${value}: ${TIMES[name]} ${away}`];
  });
}

function panes(title, { decode: read, verify, cookie }) {
  const piece = clone('inspected');
  find('[data-slot="title"]', piece).textContent = title;
  show(find('[data-pane="decode"]', piece), read.malformed
    ? [['Cannot be read', read.malformed, 'bad']]
    : [...facts(read.header), ...facts(read.claims), ['signature', 'stays on the server', 'secret']]);
  show(find('[data-pane="verify"]', piece), verify.good
    ? [['Result', 'good', 'good'], ['Key', verify.key], ...verify.checks.map((check) => ['', check, 'good'])]
    : [['Result', verify.cause, 'bad']]);
  show(find('[data-pane="cookie"]', piece), [
    ['Name', cookie.name], ['Length', `${cookie.length} characters`],
    ...cookie.attributes.map(({ name, why }) => [name, why]),
  ]);
  return piece;
}

own.run = async () => {
  const place = find('[data-inspected]', own);
  const found = await send('GET', '/learn/api/inspect');
  place.replaceChildren();
  if (found.access) place.append(panes('Access token', found.access));
  if (found.refresh) place.append(panes('Refresh token', found.refresh));
  if (!found.access && !found.refresh) return { answer: '', text: 'No token cookie arrived: nobody is signed in here. Sign in, then inspect.' };
  return { answer: 'ids', text: 'Ids, times and scopes: no name, no e-mail, no secret but the one that is not shown.' };
};
own.clear = async () => find('[data-inspected]', own).replaceChildren();

paste.run = async () => {
  const { segments, problem } = decode(pasted.value);
  const issuer = pasted.dataset.liveIssuer;
  if (segments.some(({ value }) => value?.iss === issuer)) {
    pasted.value = '';
    return { answer: '', text: `That is a token of ${issuer}, perhaps a live one. The box has been emptied and nothing was sent. Whoever held it could act as you: sign out to end it.` };
  }
  paste.add({
    title: 'Decoded here',
    script: segments.flatMap(({ name, value, text, problem: wrong }) => (wrong
      ? [[name, `${wrong}: ${text.slice(0, 300)}`, 'bad']]
      : [[name, value, 'plain']])),
    server: [['', 'Nothing: no request was sent.']],
  });
  return { answer: 'nothing', text: `${problem} Decoding shows what somebody wrote. Whether it is true, only verifying can tell.`.trim() };
};
paste.clear = async () => { pasted.value = ''; };

const EXAMPLES = {
  forged: () => encode({ typ: 'at+jwt', alg: 'ES256', kid: 'made-up' }, { iss: 'https://nobody.example', sub: 'admin', scope: 'everything' }),
  broken: () => 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGlj',
};
for (const button of paste.querySelectorAll('[data-example]')) {
  button.addEventListener('click', () => { pasted.value = EXAMPLES[button.dataset.example](); });
}

shell.start({});
