/**
 * What every page does about the session: who is in the header, signing out, and taking private things off the screen when the
 * session is over or the page is put away. The rules of the session itself are in session.js.
 */

import { confirm } from './dialogs.js';
import { clone, find } from './dom.js';
import * as session from './session.js';
import { describe } from './wire.js';

/**
 * @typedef {object} Page
 * @property {boolean} [required]  nobody signed in: go to /login
 * @property {(state: session.State) => void} [show]  called when somebody has arrived, again if they come back
 * @property {() => void} [empty]  called when nobody is, on a page that does not require it
 * @property {() => boolean} [unsaved]  is there text that would be lost?
 */

/** After these the sign-in page does not lead back to where the person left. */
const ON_PURPOSE = new Set(['signed_out', 'deleted']);

/** @type {Page} */
let page = {};
let leaving = false;
let shown = false; // has anything private been on this page?

/** @param {Page} options */
export function start(options) {
  page = options;
  find('[data-sign-out]').addEventListener('click', signOut);
  session.changes.addEventListener('signed-in', ({ detail }) => arrive(detail));
  session.changes.addEventListener('signed-out', ({ detail }) => depart(detail.reason));
  addEventListener('beforeunload', (event) => {
    if (!leaving && page.unsaved?.()) event.preventDefault();
  });
  // Conceal before the browser freezes the page: Back after a sign-out must not bring anything private to the screen again.
  addEventListener('pagehide', () => { document.documentElement.dataset.concealed = ''; });
  addEventListener('pageshow', (event) => { if (event.persisted) check(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) check({ quiet: true }); });
  check();
}

/** Ask the server who is there. Quietly means: if it cannot be asked, leave the page as it is. */
async function check({ quiet = false } = {}) {
  if (leaving) return;
  try {
    const state = await session.look();
    if (state.authenticated) reveal();
    else if (!shown) nobody(state.reason ?? remembered());
  } catch (error) {
    if (error instanceof session.SessionOver || quiet) return;
    notice(describe(error), { action: 'Try again', run: check });
  }
}

function arrive(state) {
  // Kept with this entry of the history alone: after a reload it tells a session that ended from one that never was.
  history.replaceState({ ...history.state, signedIn: true }, '');
  header(state.user);
  notice('');
  reveal();
  shown = true;
  page.show?.(state);
}

/** Back may lead here after a sign-out on purpose, of which nobody needs to be told again. */
function remembered() {
  const [arrival] = performance.getEntriesByType('navigation');
  return history.state?.signedIn && arrival?.type !== 'back_forward' ? 'session_ended' : undefined;
}

function reveal() {
  delete document.documentElement.dataset.concealed;
}

function nobody(reason) {
  header(null);
  reveal();
  if (page.required) leave(reason);
  else page.empty?.();
}

function depart(reason) {
  if (reason === 'other_user') {
    wipe();
    leaving = true;
    location.reload();
  } else if (page.required && reason === 'session_ended' && page.unsaved?.()) {
    // Ended, but not by this person's wish: what they have typed stays, everything that came from the server goes.
    header(null);
    wipe('[data-private]:not([data-keeps-text])');
    notice('Your session has ended. Your text is still here: sign in again in a new tab, then save it.',
      { link: 'Sign in in a new tab', href: '/login?reason=session_ended&next=/' });
  } else {
    wipe();
    shown = false;
    nobody(reason);
  }
}

function leave(reason) {
  if (leaving) return; // the first reason is the one that counts
  leaving = true;
  const query = new URLSearchParams(reason ? { reason } : {});
  if (!ON_PURPOSE.has(reason)) query.set('next', location.pathname + location.search);
  location.replace(`/login?${query}`);
}

function wipe(selector = '[data-private]') {
  for (const element of document.querySelectorAll(`main ${selector}`)) element.replaceChildren();
}

async function signOut() {
  if (page.unsaved?.() && !await confirm({
    title: 'Sign out without saving?', text: 'The text that you have not saved will be lost.', action: 'Discard and leave',
  })) return;
  try {
    await session.signOut();
  } catch (error) {
    notice(`You are still signed in. ${describe(error)}`, { action: 'Try again', run: signOut, closable: true });
  }
}

function header(user) {
  for (const element of document.querySelectorAll('[data-signed-in]')) element.hidden = !user;
  for (const element of document.querySelectorAll('[data-signed-out]')) element.hidden = Boolean(user);
  find('[data-user-name]').textContent = user?.name || user?.email || '';
  for (const element of document.querySelectorAll('[data-staff]')) element.hidden = !user?.is_staff;
}

/** One line at the bottom of the window, read out by screen readers; an empty text takes it away. */
export function notice(text, { action = '', run = () => {}, link = '', href = '', closable = false } = {}) {
  const bar = find('[data-notice]');
  bar.replaceChildren();
  if (!text) return;
  const content = clone('notice-template');
  find('[data-slot="text"]', content).textContent = text;
  const button = find('[data-slot="action"]', content);
  const anchor = find('[data-slot="link"]', content);
  button.hidden = !action;
  button.textContent = action;
  button.addEventListener('click', () => { bar.replaceChildren(); run(); });
  const close = find('[data-slot="close"]', content);
  close.hidden = !closable;
  close.addEventListener('click', () => bar.replaceChildren());
  anchor.hidden = !link;
  Object.assign(anchor, { textContent: link, href: href || '/login', target: '_blank', rel: 'noopener' });
  bar.append(content);
}
