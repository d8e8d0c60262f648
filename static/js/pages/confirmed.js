/** Where a confirmation through the identity provider ends, in a tab of its own: it tells the tab that waits, then closes. */

import { find } from '../dom.js';
import { REASONS } from '../provider.js';
import * as shell from '../shell.js';
import * as tabs from '../../gatehouse/tabs.js';

const reason = new URLSearchParams(location.search).get('reason');
const told = REASONS[reason];

if (told) find('[data-outcome]').textContent = told;
find('[data-again]').hidden = !told;
find('[data-instead]').hidden = reason !== 'oidc_stale'; // trying again need not help
find('[data-title]').textContent = told ? 'That did not work' : 'Confirmed';
tabs.tell('confirmed', told ? reason : undefined);
shell.start({});
if (!told) close(); // where the browser lets us: it is this tab's only use
