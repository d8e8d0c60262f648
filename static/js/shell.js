/**
 * What every page does about the session: who is in the header, signing out, and taking private things off the screen when the
 * session is over or the page is put away. The rules of the session itself are in session.js.
 *
 * What a person has typed is theirs until they give it up. However their session ends, the page keeps it covered: for whoever sits
 * here next may be somebody else. It is shown again to the same person, or discarded.
 */

import { confirm } from './dialogs.js';
import { clone, find } from './dom.js';
import './jar.js';
import * as session from '../gatehouse/session.js';
import { describe } from '../gatehouse/http.js';

/**
 * @typedef {object} Page
 * @property {boolean} [required]  nobody signed in: go to /login
 * @property {(state: session.State) => void} [show]  called when somebody has arrived, again if they come back
 * @property {() => void} [empty]  called when nobody is, on a page that does not require it
 * @property {() => boolean} [unsaved]  is there text that would be lost?
 */

/** After these the sign-in page does not lead back to where the person left. */
const ON_PURPOSE = new Set(['signed_out', 'deleted']);

/** Why the page is covered, and what becomes of the text. The person who reads it may be another. */
const KEPT = 'Your text is still here, covered: sign in again in a new tab, then save it.';
const COVERED = {
  signed_out: `You have signed out in another tab. ${KEPT}`,
  session_ended: `Your session has ended. ${KEPT}`,
  deleted: 'The account that was signed in here has been deleted. What was typed in this tab and not saved stays covered.',
  other_user: 'Somebody else has signed in. What was typed in this tab and not saved stays covered until the person who typed it signs in again.',
};

/** @type {Page} */
let page = {};
let leaving = false;
let shown = false; // has anything private been on this page?
let givenUp = false; // has the person said that what they typed may go?

/** @param {Page} options */
export function start(options) {
  page = options;
  find('[data-sign-out]').addEventListener('click', signOut);
  find('.skip').addEventListener('click', skip);
  session.changes.addEventListener('signed-in', ({ detail }) => arrive(detail));
  session.changes.addEventListener('signed-out', depart);
  addEventListener('beforeunload', (event) => {
    if (!leaving && unsaved()) event.preventDefault();
  });
  addEventListener('hashchange', () => { if (shown) remember(); }); // a jump link makes an entry of its own
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

function unsaved() {
  return !givenUp && Boolean(page.unsaved?.());
}

/** The person has said that what they typed may go. */
export function giveUp() {
  givenUp = true;
}

function arrive(state) {
  uncover();
  remember();
  header(state.user);
  notice('');
  reveal();
  shown = true;
  page.show?.(state);
}

/** Kept with this entry of the history alone: after a reload it tells a session that ended from one that never was. */
function remember() {
  history.replaceState({ ...history.state, signedIn: true }, '');
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

function depart(event) {
  const { reason } = event.detail;
  closeDialogs(); // they may quote a text, or hold a password
  if (unsaved()) {
    event.preventDefault();
    cover(reason);
  } else {
    wipe();
    shown = false;
    go(reason);
  }
}

/** Everything that came from the server goes, and what was typed can neither be seen nor reached. */
function cover(reason) {
  header(null);
  wipe('[data-private]:not([data-keeps-text])');
  for (const field of document.querySelectorAll('main [autocomplete$="-password"]')) field.value = '';
  find('main').hidden = true;
  document.documentElement.dataset.covered = '';
  notice(COVERED[reason] ?? COVERED.session_ended, {
    ...(reason !== 'deleted' && { link: 'Sign in in a new tab', href: '/login?reason=session_ended&next=/login/confirmed%3Freason%3Dsigned_in' }),
    action: 'Discard text',
    run: () => discard(reason),
  });
}

function uncover() {
  if (!find('main').hidden) return;
  closeDialogs();
  find('main').hidden = false;
  delete document.documentElement.dataset.covered;
}

async function discard(reason) {
  if (await confirm({ title: 'Discard the text?', text: 'What was typed in this tab and not saved will be lost.', action: 'Discard text' })) {
    giveUp();
    wipe();
    go(reason);
  } else if (find('main').hidden) cover(reason);
}

function go(reason) {
  if (reason !== 'other_user') {
    nobody(reason);
    return;
  }
  leaving = true;
  location.reload();
}

function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
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

/** As the link would, but for the entry in the history: Back leads from an open note to the list. */
function skip(event) {
  event.preventDefault();
  find('main').focus();
}

async function signOut() {
  if (unsaved() && !await confirm({
    title: 'Sign out without saving?', text: 'The text that you have not saved will be lost.', action: 'Discard and leave',
  })) return;
  giveUp();
  try {
    await session.signOut();
  } catch (error) {
    givenUp = false;
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
