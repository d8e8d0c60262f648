/**
 * The victim's tab: a small app that keeps its token in one of five places, asks for its balance every second, and has one hole.
 *
 * Four of the five ways are how it is often done and should not be. What the tab observes goes to the lab's page by a channel.
 */

import { find } from '../dom.js';
import { ok, send } from '../../gatehouse/http.js';

const query = new URLSearchParams(location.search);
const place = query.get('place');
const run = document.body.dataset.run;
const channel = new BroadcastChannel('lab-storage');
const tell = (what, facts = {}) => channel.postMessage({ run, what, ...facts });
const KEY = 'lab_access_token';

let memory = null;
const PLACES = {
  local: { keep: (token) => localStorage.setItem(KEY, token), token: () => localStorage.getItem(KEY) },
  session: { keep: (token) => sessionStorage.setItem(KEY, token), token: () => sessionStorage.getItem(KEY) },
  memory: { keep: (token) => { memory = token; }, token: () => memory },
  readable: { keep: () => {}, token: () => null },
  httponly: { keep: () => {}, token: () => null },
};
const mine = PLACES[place];

async function signIn() {
  localStorage.removeItem(KEY);
  sessionStorage.removeItem(KEY);
  const { access_token: token } = await send('POST', '/bank/storage/sign-in', ok({}), { body: { place } });
  mine.keep(token);
}

async function account() {
  const token = mine.token();
  const response = await fetch('/bank/account', { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  return { status: response.status, ...await response.json() };
}

async function show() {
  const { status, balance } = await account();
  find('[data-balance]').textContent = status === 200 ? String(balance) : '?';
  return status;
}

/** After a reload a variable is empty; an app that keeps its token in one must fetch another. */
async function returned() {
  let how = 'still there';
  if (place === 'memory') {
    const { access_token: token } = await send('POST', '/bank/storage/refresh', ok({ access_token: 'string' }));
    mine.keep(token);
    how = 'variable empty; the refresh cookie brought a new token';
  }
  tell('reloaded', { status: await show(), how });
}

/** The hole: text from outside becomes the address of a script. */
function hole(address) {
  const script = document.createElement('script');
  script.type = 'module';
  script.src = address; // a sink that Trusted Types guard
  document.head.append(script);
}

addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
  if (effectiveDirective.startsWith('require-trusted-types')) tell('blocked', { directive: effectiveDirective });
});

if (query.get('again')) {
  await returned();
  setInterval(() => show().catch(() => {}), 800); // the tab may be closed at any moment
  find('[data-state]').textContent = 'Signed in. Then a comment brings a script along…';
  try {
    hole(document.body.dataset.comment);
    find('[data-state]').textContent = 'Foreign script is running in this page. Go back to the lab’s page.';
  } catch (error) {
    tell('sink', { message: error.message });
    tell('done');
    find('[data-state]').textContent = 'The sink threw an error: no foreign script ran. Go back to the lab’s page.';
  }
} else {
  await signIn();
  await show();
  location.replace(`${location.search}&again=1`);
}
