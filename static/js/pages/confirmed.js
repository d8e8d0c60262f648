/**
 * Where a confirmation through the identity provider ends, in a tab of its own: it tells the tab that waits, then closes. A sign-in
 * for another tab ends here too.
 */

import { find } from '../dom.js';
import { REASONS } from '../provider.js';
import * as shell from '../shell.js';
import * as tabs from '../../gatehouse/tabs.js';

const reason = new URLSearchParams(location.search).get('reason');
const signedIn = reason === 'signed_in';
const told = REASONS[reason];

if (told) find('[data-outcome]').textContent = told;
find('[data-again]').hidden = !told;
find('[data-instead]').hidden = reason !== 'oidc_stale'; // trying again need not help
find('[data-title]').textContent = told ? 'That did not work' : 'Confirmed';
shell.start({ required: signedIn });
if (signedIn) { // it stays open: the browser may be asking whether to keep the password
  find('[data-title]').textContent = 'You are signed in';
  find('[data-outcome]').textContent = 'Go back to the other tab: it goes on there. You can close this one.';
} else {
  tabs.tell('confirmed', told ? reason : undefined);
  if (!told) close(); // where the browser lets us: it is this tab's only use
}
