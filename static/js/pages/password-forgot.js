/** A link to set a new password. The answer is the same whether there is an account or not. */

import * as mailForm from '../mail-form.js';
import * as shell from '../shell.js';

mailForm.start('/auth/password/reset', ({ email }) => ({ email: email.value.trim() }));
shell.start({});
