/** A page whose experiments run on the lab's own host: its link leads to the same experiment there. */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';

find('[data-elsewhere]').hash = location.hash;
shell.start({});
