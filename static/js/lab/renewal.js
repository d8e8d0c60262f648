/** What step 8 has to say: why a request was refused, the refresh that followed, and the same request again. */

import { cookie } from './evidence.js';
import { arrived, find, took, tokens, travel } from './timeline.js';

/** @typedef {import('./timeline.js').Filled} Filled */

/** Why a call was refused, in the server's words; empty if it was not. */
export function refusal(entry) {
  if (entry.status !== 401) return '';
  const refused = entry.steps.find((step) => step.refused);
  return refused ? `${refused.refused}: ${refused.cause}` : 'no access token arrived: the browser had dropped the cookie';
}

/**
 * Step 8, from POST /auth/refresh and what was around it.
 * @param {{before: import('./observe.js').Observed[], refusal: string, lock: {name: string, held: number}|null, grace: number}} around
 * @returns {Filled}
 */
export function refresh(observed, entry, { before, refusal, lock, grace }) {
  const judge = find(entry, 'judgement.judge');
  const rotate = find(entry, 'rotation.rotate');
  const session = rotate?.facts.session;
  const { presented, row, verdict } = judge?.facts ?? {};
  return {
    number: 8, ms: took(rotate), refused: Boolean(rotate?.refused),
    travel: moved(entry, verdict),
    script: [
      ...(before.length ? [['Requests before it', before.map((one) => `${one.method} ${one.path} → ${one.status}`).join('\n')]] : []),
      ...(lock ? [['Web Lock', `${lock.name}, held for ${lock.held.toFixed(0)} ms: no other tab refreshes meanwhile`]] : []),
      ['Refresh', `${observed.method} ${observed.path} → ${observed.status}, without a body`],
      ['Set-Cookie, as script reads it', String(observed.seen['Set-Cookie']), 'secret'],
    ],
    server: [
      ...(refusal ? [['Why the request before was refused', refusal, 'refused']] : []),
      ...arrived(entry.received),
      ...(judge ? [['Presented', `generation ${presented} of a session at ${row}`], ['Verdict', verdict]] : []),
      ...(verdict?.startsWith('answer') ? [['Why not the next one', `within ${grace} s of the last refresh, or of the sign-in, the same generation is given again: parallel tabs and lost answers sign nobody out`]] : []),
      ...(rotate?.refused ? [['Refused', `${rotate.refused}: ${rotate.cause}`, 'refused']] : []),
      ...(session ? [['Session row now', chain(session.generation), 'good']] : []),
      ...entry.sent.cookies.map((one) => ['Set-Cookie', cookie(one), 'secret']),
    ],
  };
}

/** The refresh token there, and what came back. */
function moved({ received, sent }, verdict) {
  if (!tokens(received.cookies, 'refresh_token').length) return travel([], '', 'No refresh token goes along.');
  if (!tokens(sent.cookies).length) return travel(['browser', 'server'], 'refresh token', 'The refresh token goes to the server, and nothing comes back.');
  const pair = verdict?.startsWith('answer') ? 'the same generation again' : 'two new tokens';
  return travel(['browser', 'server', 'browser'], 'refresh token', `The refresh token goes to the server, and back come ${pair}.`);
}

/** The session's generations, the last of them current. */
function chain(generation) {
  const used = Array.from({ length: generation - 1 }, (_, index) => `${index + 1} used`).slice(-3);
  return [...used, `generation ${generation} current`].join(' → ');
}

/** What a page does next: the request that was refused, once more. @returns {import('./evidence.js').Fact} */
export function again({ method, path, status }) {
  return ['Then the same request again', `${method} ${path} → ${status}`, status === 200 ? 'good' : 'refused'];
}
