/** The map is all text; script only keeps the header up to date. */

import * as shell from '../../shell.js';

shell.start({});
