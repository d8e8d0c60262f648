/**
 * The second step, wherever it is asked for: after the password, in the step-up dialogue, and when an identity is linked. It offers
 * what the person has, and hands the proof to whoever asked.
 */

import { busy, clone, fill, find } from './dom.js';
import { onSubmit } from './forms.js';
import * as passkeys from './passkeys.js';
import { describe, orNull } from '../gatehouse/http.js';

/** The shapes of what a person has set up. */
export const PASSKEY = { id: 'string', name: 'string', created_at: 'string', last_used_at: orNull('string'), synced: 'boolean' };
export const FACTORS = { passkeys: [PASSKEY], totp: orNull({ confirmed_at: 'string', locked: 'boolean' }), recovery_codes_left: 'number' };

/** What a person can confirm with while signed in. @returns {string[]} */
export const waysOf = ({ passkeys: own, totp }) => [...(own.length ? ['passkey'] : []), ...(totp ? ['totp'] : [])];

const WRONG = {
  passkey: 'This passkey was not accepted. Try again, or take another way.',
  code: 'That code is wrong, or was used before. Enter the one that your app shows now.',
  recovery_code: 'That is none of your recovery codes, or it was used before.',
};

/**
 * @param {HTMLElement} root  is filled with the ways
 * @param {string[]} methods  some of 'passkey', 'totp', 'recovery'
 * @param {(proof: object) => Promise<unknown>} attempt  rejects while the proof is refused
 */
export function show(root, methods, attempt) {
  root.replaceChildren(clone('second-step-template'));
  const offered = new Set(methods);
  if (!passkeys.supported && offered.delete('passkey')) {
    fill(root, { said: 'This browser knows no passkeys. Take another one, or another way.' });
  }
  const way = (name) => find(`[data-way="${name}"]`, root);
  const open = (name) => {
    way(name).hidden = false;
    find('button[data-passkey], input', way(name)).focus();
  };
  const recover = find('[data-recover]', root);
  find('[data-or]', root).hidden = !(offered.has('passkey') && offered.has('totp'));
  find('[data-submit]', way('totp')).classList.toggle('primary', !offered.has('passkey'));
  for (const name of ['passkey', 'totp']) way(name).hidden = !offered.has(name);
  recover.hidden = !offered.has('recovery');

  const button = find('[data-passkey]', root);
  button.addEventListener('click', () => busy(button, () => byPasskey(root, attempt)));
  byCode(way('totp'), 'code', attempt);
  byCode(way('recovery'), 'recovery_code', attempt);
  recover.addEventListener('click', () => {
    recover.hidden = true;
    open('recovery');
  });
  const first = ['passkey', 'totp'].find((name) => offered.has(name));
  if (first) open(first);
  else if (offered.has('recovery')) recover.click();
}

/**
 * The same in the place of a form whose password was right, on a page with a [data-second-step] for it.
 * @param {HTMLFormElement} form @param {string[]} methods @param {(proof: object) => Promise<unknown>} attempt
 */
export function inPlaceOf(form, methods, attempt) {
  form.hidden = true;
  find('[data-second-step]').hidden = false;
  show(find('[data-second]'), methods, attempt);
}

async function byPasskey(root, attempt) {
  fill(root, { said: '', problem: '' });
  try {
    await passkeys.use(await passkeys.answer(), (credential) => attempt({ credential }));
  } catch (error) {
    if (error.code === 'cancelled') fill(root, { said: error.detail });
    else fill(root, { problem: error.code === 'invalid_credentials' ? WRONG.passkey : describe(error) });
  }
}

function byCode(form, name, attempt) {
  onSubmit(form, async (fields) => {
    try {
      await attempt({ [name]: fields[name].value });
    } catch (error) {
      if (error.code === 'invalid_credentials') {
        error.errors = { [name]: [WRONG[name]] };
        fields[name].select();
      }
      throw error;
    }
  });
}
