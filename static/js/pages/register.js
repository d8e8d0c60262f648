/** Registration: the address first. Who may have it is decided by who reads its mail. */

import * as mailForm from '../mail-form.js';
import * as shell from '../shell.js';

mailForm.start('/auth/register', ({ email, name }) => ({ email: email.value.trim(), name: name.value.trim() }));
shell.start({});
