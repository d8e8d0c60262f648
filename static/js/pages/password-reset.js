/** The link of a password reset: a new password, and every device signs in again. */

import { carrying } from '../address.js';
import * as link from '../link.js';
import * as passwords from '../passwords.js';
import * as shell from '../shell.js';

passwords.start();
link.start({
  path: '/auth/password/reset/confirm',
  body: (fields) => ({ new_password: fields.new_password.value }),
  done: () => location.replace(carrying('/login?reason=password_reset', link.email)),
});
shell.start({});
