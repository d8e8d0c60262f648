/** The start page: the way in, and a live look at what script can read. */

import { find } from '../dom.js';
import * as shell from '../shell.js';

const waiting = document.querySelector('[data-waiting]'); // in the demo: who could sign in
const invitation = waiting?.textContent;

function enter(signedIn) {
  const link = find('[data-enter]');
  link.textContent = signedIn ? 'Go to your notes' : 'Sign in';
  link.href = signedIn ? '/notes' : '/login';
  if (waiting) waiting.textContent = signedIn ? 'You are signed in here.' : invitation;
  readCookies();
}

/** Names only, and only what document.cookie gives: the token cookies cannot be among them. */
function readCookies() {
  const names = document.cookie.split('; ').filter(Boolean).map((pair) => pair.split('=')[0]);
  find('[data-readable-cookies]').textContent = names.join(', ') || 'none';
}

readCookies();
shell.start({ show: () => enter(true), empty: () => enter(false) });
