/** The account page's authenticator app: a new secret, its confirmation, its removal. */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, clone, fill, find, moment } from '../dom.js';
import { onSubmit } from '../forms.js';
import { SessionOver } from '../../gatehouse/session.js';

const SECRET = { secret: 'string', otpauth: 'string', qr: (value) => String(value).startsWith('data:image/svg+xml') };

const card = find('[data-app]');
const panel = find('[data-app-panel]');
const setUp = find('[data-set-up-app]');
const removal = find('[data-remove-app]');
const say = (text) => { find('[data-said]', card).textContent = text; };
const intro = find('[data-slot="app"]', card).textContent;
let changed = async () => {};
let last = false;

/** @param {{changed: (stronger?: boolean) => Promise<void>}} on */
export function start(on) {
  ({ changed } = on);
  setUp.addEventListener('click', () => busy(setUp, () => attempt(begin)));
  removal.addEventListener('click', () => busy(removal, () => attempt(remove)));
}

export function show({ totp, passkeys }) {
  last = !passkeys.length;
  fill(card, { app: totp ? describe(totp) : intro });
  setUp.textContent = totp ? 'Set up another app' : 'Set up an app';
  removal.hidden = !totp;
}

function describe({ confirmed_at: at, locked }) {
  if (locked) return 'Locked after too many wrong codes: its codes open nothing. Set up the app again. If the wrong codes were not yours, change your password too.';
  return `Set up ${moment(new Date(at))}. Enter the code that it shows after your password.`;
}

async function begin() {
  const { secret, otpauth, qr } = await api.post('/auth/totp', api.ok(SECRET));
  const part = clone('app-panel');
  find('[data-qr]', part).src = qr;
  find('[data-otpauth]', part).href = otpauth;
  fill(part, { secret: secret.replace(/.{4}(?=.)/g, '$& ') });
  const form = find('[data-confirm-app]', part);
  onSubmit(form, async ({ code }) => {
    await api.post('/auth/totp/confirm', api.EMPTY, { code: code.value });
    close();
    await changed(true);
    say('The app is set up. From now on your password alone opens nothing.');
  });
  find('[data-cancel]', part).addEventListener('click', close);
  panel.replaceChildren(part);
  setUp.hidden = true;
  form.elements.code.focus({ preventScroll: true }); // the picture above it is what comes first
}

/** The secret goes from the page. */
function close() {
  panel.replaceChildren();
  setUp.hidden = false;
  setUp.focus();
}

async function remove() {
  const sure = await confirm({
    title: 'Remove the authenticator app?',
    text: `Its codes are refused from now on.${last ? ' You then have no second factor: the password alone opens your account.' : ''}`,
    action: 'Remove it',
  });
  if (!sure) return;
  await api.remove('/auth/totp', api.EMPTY);
  await changed();
  say('The authenticator app has been removed.');
  setUp.focus();
}

async function attempt(action) {
  say('');
  try {
    await action();
  } catch (error) {
    if (error instanceof SessionOver) return;
    say(error.code === 'enrolment_required'
      ? 'This is your last second factor, and this account must have one. Add another one first.'
      : api.describe(error));
  }
}
