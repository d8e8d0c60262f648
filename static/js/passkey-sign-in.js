/**
 * Signing in with a passkey alone: offered among what the browser fills into the address field, and by a button. A browser takes one
 * question at a time, and a challenge grows old, so the one that waits in the field is withdrawn and asked anew.
 */

import * as passkeys from './passkeys.js';

/** Milliseconds. The server takes a challenge for five minutes. */
const FRESH = 240_000;

/** @type {AbortController|null} the question that waits in the field */
let waiting = null;
let paused = false;
let use = async () => {};

/**
 * @param {HTMLInputElement} field  whose autocomplete says `webauthn`
 * @param {(credential: object) => Promise<void>} signIn  never rejects
 */
export function start(field, signIn) {
  use = signIn;
  field.addEventListener('focus', offer);
  document.addEventListener('visibilitychange', offer);
  offer();
}

/** Offer passkeys in the field, unless they are. Where that fails, nothing is said: nobody has asked for one. */
async function offer() {
  if (waiting || paused || document.hidden) return;
  const mine = new AbortController();
  waiting = mine;
  const timer = setTimeout(() => { withdraw(); offer(); }, FRESH);
  try {
    if (!await passkeys.autofills()) return;
    const credential = await passkeys.answer({ mediation: 'conditional', signal: mine.signal });
    if (waiting === mine) await use(credential);
  } catch {
    // Withdrawn, cancelled, or no server: the field's next focus tries again.
  } finally {
    clearTimeout(timer);
    if (waiting === mine) waiting = null;
  }
}

function withdraw() {
  waiting?.abort();
  waiting = null;
}

/** Offer none in the field while something else is asked. */
export function pause() {
  paused = true;
  withdraw();
}

export function resume() {
  paused = false;
  offer();
}
