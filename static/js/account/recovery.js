/** The account page's recovery codes: shown once, to be printed or copied. */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, clone, fill, find } from '../dom.js';
import * as session from '../../gatehouse/session.js';

const card = find('[data-recovery]');
const panel = find('[data-codes-panel]');
const button = find('[data-make-codes]');
const say = (text) => { find('[data-said]', card).textContent = text; };
let changed = async () => {};
let left = 0;

/** @param {{changed: () => Promise<void>}} on */
export function start(on) {
  ({ changed } = on);
  button.addEventListener('click', () => busy(button, make));
}

export function show({ recovery_codes_left: found }, any) {
  left = found;
  button.disabled = !any;
  button.textContent = left ? 'Make new codes' : 'Make recovery codes';
  const some = left === 1 ? 'One code is left.' : `${left} codes are left.`;
  fill(card, { left: any ? (left ? some : 'You have none.') : 'They come after a passkey or an app.' });
}

async function make() {
  say('');
  try {
    const text = 'The ones that you have end at once, on paper too.';
    if (left && !await confirm({ title: 'Make new recovery codes?', text, action: 'Make new ones' })) return;
    const { codes } = await api.post('/auth/recovery-codes', api.ok({ codes: ['string'] }));
    await changed();
    reveal(codes);
  } catch (error) {
    if (!(error instanceof session.SessionOver)) say(api.describe(error));
  }
}

function reveal(codes) {
  const part = clone('codes-panel');
  fill(part, { email: session.user()?.email ?? '', host: location.host, made: new Date() });
  find('[data-codes]', part).append(...codes.map(item));
  find('[data-print]', part).addEventListener('click', () => print());
  find('[data-copy]', part).addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(codes.join('\n'));
      say('The codes have been copied.');
    } catch {
      say('This browser did not let the codes be copied. Print them, or select them.');
    }
  });
  find('[data-kept]', part).addEventListener('click', () => {
    panel.replaceChildren();
    button.hidden = false;
    say('');
    find('#recovery-title').focus();
  });
  const title = find('[data-codes-title]', part);
  panel.replaceChildren(part);
  button.hidden = true;
  title.focus();
}

function item(code) {
  const entry = document.createElement('li');
  const text = document.createElement('code');
  text.textContent = code;
  entry.append(text);
  return entry;
}
