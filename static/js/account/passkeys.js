/** The account page's passkeys: add one, name it, remove it. */

import * as api from '../api.js';
import { askName, confirm } from '../dialogs.js';
import { busy, clone, fill, find, moment } from '../dom.js';
import { onSubmit } from '../forms.js';
import * as passkeys from '../passkeys.js';
import { PASSKEY } from '../second-step.js';
import * as session from '../../gatehouse/session.js';

const list = find('[data-passkeys]');
const form = find('[data-add-passkey]');
const said = find('[data-said]', form);
let changed = async () => {};
let last = false;
/** Whether one is being made: a list from before it must not have its device forget it. */
let making = false;

/** @param {{changed: (stronger?: boolean) => Promise<void>}} on */
export function start(on) {
  ({ changed } = on);
  form.hidden = !passkeys.supported;
  find('[data-no-passkeys]').hidden = passkeys.supported;
  onSubmit(form, async ({ name }) => {
    making = true;
    try {
      const { publicKey } = await api.post('/auth/passkeys/options', passkeys.OPTIONS);
      const credential = await passkeys.create(publicKey);
      await api.post('/auth/passkeys', api.created(PASSKEY), { credential, name: name.value.trim() });
      form.reset();
      await changed(true);
    } finally {
      making = false;
    }
    said.textContent = 'The passkey has been added. Sign in with it from now on.';
  });
}

export function show({ passkeys: own, totp }) {
  last = own.length === 1 && !totp;
  list.replaceChildren(...own.map(row));
  list.hidden = !own.length;
  list.removeAttribute('aria-busy');
  if (!making) passkeys.keepOnly(session.user().id, own.map(({ id }) => id));
}

function row(passkey) {
  const part = clone('passkey-row');
  const { id, name } = passkey;
  fill(part, {
    name,
    where: passkey.synced ? 'On all your devices that share passkeys' : 'On one device only',
    created_at: new Date(passkey.created_at),
    used: passkey.last_used_at ? `last used ${moment(new Date(passkey.last_used_at))}` : 'not used yet',
    rename_name: ` the passkey ${name}`,
    remove_name: ` the passkey ${name}`,
  });
  const path = `/auth/passkeys/${encodeURIComponent(id)}`;
  const act = (selector, action) => {
    const button = find(selector, part);
    button.addEventListener('click', () => busy(button, () => attempt(action)));
  };
  act('[data-rename]', () => rename(path, name));
  act('[data-remove]', () => remove(path, id, name));
  return part;
}

async function rename(path, value) {
  const name = await askName({ title: 'Rename this passkey', label: 'Name', value, action: 'Rename' });
  if (name === null || name === value) return;
  await api.patch(path, api.ok(PASSKEY), { name });
  await changed();
  said.textContent = 'The passkey has its new name.';
}

async function remove(path, id, name) {
  const sure = await confirm({
    title: `Remove the passkey ${name}?`,
    text: 'It signs in nowhere any more, and every device that signed in with it is signed out.'
      + (last ? ' You then have no second factor: the password alone opens your account.' : '')
      + (passkeys.signals ? '' : ' Delete it from your device or password manager too, or it goes on being offered there.'),
    action: 'Remove it',
  });
  if (!sure) return;
  await api.remove(path, api.EMPTY);
  passkeys.drop(id);
  await changed();
  said.textContent = 'The passkey has been removed.';
}

async function attempt(action) {
  said.textContent = '';
  try {
    await action();
  } catch (error) {
    if (error instanceof session.SessionOver) return;
    said.textContent = error.code === 'enrolment_required'
      ? 'This is your last second factor, and this account must have one. Add another one first.'
      : api.describe(error);
  }
  if (document.activeElement === document.body) find('#passkeys-title').focus(); // the button went with its row
}
