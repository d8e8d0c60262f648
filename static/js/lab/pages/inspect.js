/** The inspector: one's own cookies by way of the server, and a box that decodes here and sends nothing. */

import { clone, find } from '../../dom.js';
import * as shell from '../../shell.js';
import { send } from '../../../gatehouse/http.js';
import { decode, encode } from '../decode.js';
import { INSPECTED, show } from '../evidence.js';
import { experiment } from '../experiment.js';

const own = experiment('own');
const paste = experiment('paste');
const pasted = find('#pasted', paste);
const TIMES = { iat: 'issued', exp: 'ends' };

/** By how much this computer's clock is behind the server's, which is the one that counts. */
let behind = 0;

/** A time claim, also in words. */
function inWords(name, value) {
  const seconds = Math.round(value - (Date.now() + behind) / 1000);
  if (seconds < 0) return `${value}: ${name === 'exp' ? 'over for' : 'issued'} ${-seconds} s${name === 'exp' ? '' : ' ago'}`;
  return `${value}: ${TIMES[name]} in ${seconds} s`;
}

/** The times that are on the page go on running. */
function tick() {
  for (const slot of own.querySelectorAll('[data-time]')) slot.textContent = inWords(slot.dataset.time, Number(slot.dataset.value));
}

function markTimes(list, claims) {
  for (const row of list.querySelectorAll('.fact')) {
    const name = find('dt', row).textContent;
    if (TIMES[name] && typeof claims[name] === 'number') Object.assign(find('dd', row).dataset, { time: name, value: claims[name] });
  }
}

function panes(title, { decode: read, verify, cookie }) {
  const piece = clone('inspected');
  find('[data-slot="title"]', piece).textContent = title;
  show(find('[data-pane="decode"]', piece), read.malformed
    ? [['Cannot be read', read.malformed]]
    : [...Object.entries(read.header), ...Object.entries(read.claims), ['signature', 'stays on the server', 'secret']]);
  if (!read.malformed) markTimes(find('[data-pane="decode"]', piece), read.claims);
  show(find('[data-pane="verify"]', piece), verify.good
    ? [['Result', 'good', 'good'], ['Key', verify.key], ...verify.checks.map((check) => ['', check, 'good'])]
    : [['Result', verify.cause, 'refused']]);
  show(find('[data-pane="cookie"]', piece), [
    ['Name', cookie.name], ['Length', `${cookie.length} characters`],
    ...cookie.attributes.map(({ name, why }) => [name, why]),
  ]);
  return piece;
}

own.run = async () => {
  const place = find('[data-inspected]', own);
  const found = await send('GET', '/learn/api/inspect', INSPECTED);
  place.replaceChildren();
  behind = Date.parse(found.now) - Date.now();
  if (found.access) place.append(panes('Access token', found.access));
  if (found.refresh) place.append(panes('Refresh token', found.refresh));
  tick();
  if (!found.access && !found.refresh) return { answer: '', text: 'No token cookie arrived: nobody is signed in here. Sign in, then inspect.' };
  return {
    answer: 'ids',
    text: 'Ids, times and scopes: no name, no e-mail, no secret but the one that is not shown.',
    script: [['Token', 'none: the server told us what it says', 'secret'], ['Claims of the access token', Object.keys(found.access?.decode.claims ?? {}).join(', ') || 'none arrived']],
    server: [['Access token', found.access], ['Refresh token', found.refresh]].filter(([, one]) => one)
      .map(([name, { verify, cookie }]) => [name, `${cookie.length} characters: ${verify.good ? 'good' : verify.cause}`, verify.good ? 'good' : 'refused']),
  };
};
own.clear = async () => find('[data-inspected]', own).replaceChildren();

const issuer = pasted.dataset.liveIssuer;
const REFUSED = `That is a token of ${issuer}, perhaps a live one. The box has been emptied and nothing was sent. Whoever held it could act as you: sign out to end it.`;

/** Whether any of it, whole or cut off, names the live issuer. */
const isLive = ({ segments }) => segments.some(({ value, text }) => value?.iss === issuer || text.includes(`"iss":"${issuer}"`));

/** Not even until somebody presses the button. */
pasted.addEventListener('input', () => {
  if (!isLive(decode(pasted.value))) return;
  pasted.value = '';
  paste.say(REFUSED, 'bad');
});

paste.run = async () => {
  if (!pasted.value.trim()) return { answer: '', text: 'The box is empty. Paste a token, or use an example.' };
  const { segments, problem } = decode(pasted.value);
  if (isLive({ segments })) {
    pasted.value = '';
    return { answer: '', text: REFUSED };
  }
  return {
    answer: 'nothing',
    text: `${problem} Decoding shows what somebody wrote. Whether it is true, only verifying can tell.`.trim(),
    script: segments.map(({ name, value, text, problem: wrong }) => [name, wrong ? `${wrong}: ${text.slice(0, 300)}` : value]),
    server: [['', 'Nothing: no request was sent.']],
  };
};
paste.clear = async () => { pasted.value = ''; };

const EXAMPLES = {
  forged: () => encode({ typ: 'at+jwt', alg: 'ES256', kid: 'made-up' }, { iss: 'https://nobody.example', sub: 'admin', scope: 'everything' }),
  broken: () => 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGlj',
};
for (const button of paste.querySelectorAll('[data-example]')) {
  button.addEventListener('click', () => { pasted.value = EXAMPLES[button.dataset.example](); });
}

setInterval(tick, 1000);
shell.start({});
