/** Where an attacker has led the victim's tab: nothing more happens here. */

import { find } from '../dom.js';
import { closeSoon } from './closing.js';

closeSoon(find('[data-state]'), 'The token has arrived.');
