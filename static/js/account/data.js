/** The account page's last section: everything as a file, or everything gone. */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, find } from '../dom.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';

const EXPORT = { account: { id: 'string', email: 'string' }, sessions: ['object'], events: ['object'] };

export function start() {
  const say = (text) => { find('[data-own] [data-said]').textContent = text; };
  const act = (selector, action) => {
    const button = find(selector);
    button.addEventListener('click', () => busy(button, () => attempt(action)));
  };
  const attempt = async (action) => {
    say('');
    try {
      await action();
    } catch (error) {
      if (!(error instanceof session.SessionOver)) say(api.describe(error));
    }
  };
  act('[data-export]', async () => {
    save(await api.get('/auth/account/export', api.ok(EXPORT)));
    say('Your data has been downloaded.');
  });
  act('[data-delete-account]', async () => {
    const sure = await confirm({
      title: 'Delete your account?',
      text: 'Your account and all your notes are deleted at once, every device is signed out, and nobody can bring any of it back. The log of security events keeps what happened, without your name.',
      action: 'Delete everything',
    });
    if (!sure) return;
    await api.remove('/auth/account', api.EMPTY);
    shell.giveUp();
    await session.signOut('deleted'); // rids this browser of the cookies, and empties every tab
  });
}

/** As a file, by way of a link: a plain link to the API could not refresh an access token that has run out. */
function save(data) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  link.download = 'gatehouse-account.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
