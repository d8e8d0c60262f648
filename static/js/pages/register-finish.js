/** The link of a registration: a password, and the account exists. */

import { carrying } from '../address.js';
import * as link from '../link.js';
import * as passwords from '../passwords.js';
import * as shell from '../shell.js';

passwords.start();
link.start({
  path: '/auth/email/verify',
  body: ({ password }) => ({ password: password.value }),
  done: () => location.replace(carrying('/login?reason=registered', link.email)),
});
shell.start({});
