/** The link of a change of address. It takes a press: programs that look into mails follow links, but press no buttons. */

import { find } from '../dom.js';
import * as link from '../link.js';
import * as shell from '../shell.js';

link.start({
  path: '/auth/email/verify',
  body: () => ({}),
  ask: false,
  done: () => {
    find('[data-link-form]').hidden = true;
    const box = find('[data-done]');
    box.hidden = false;
    box.focus();
  },
});
shell.start({});
