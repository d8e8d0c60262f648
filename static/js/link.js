/**
 * The pages that a mailed link opens. Its token stands in the fragment, which browsers send to nobody. The page asks at once
 * whether the link still works, so that nobody thinks of a password in vain; a dead one is replaced by the way to a new one.
 */

import { find } from './dom.js';
import { onSubmit } from './forms.js';
import { EMPTY, send } from '../gatehouse/http.js';

const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
/** So many letters of a token are random. The address that it was mailed to follows them. */
const RANDOM = 43;
/** The address that the link was mailed to, as the link says: to be shown, and to be believed by nothing. */
export const email = /^[^\s@]+@[^\s@]+$/.exec(decode(token.slice(RANDOM)))?.[0] ?? '';

/**
 * @param {object} page
 * @param {string} [page.path]  the endpoint that uses the link
 * @param {(body: object) => Promise<unknown>} [page.use]  uses it in another way than by sending the body there
 * @param {(fields: any) => object} page.body  what goes there beside the token
 * @param {() => void} page.done
 * @param {boolean} [page.ask]  the endpoint refuses a link without a password, and says if the link is dead
 */
export function start({ path, use = (sent) => send('POST', path, EMPTY, { body: sent }), body, done, ask = true }) {
  const form = find('[data-link-form]');
  const attempt = async (more) => {
    try {
      await use({ token, ...more });
    } catch (error) {
      if (!error.errors?.token) throw error;
      dead(form);
    }
  };
  name(form);
  addEventListener('hashchange', () => location.reload()); // another link, pasted into this very page
  if (!token) {
    dead(form);
    return;
  }
  if (ask) attempt({}).catch(() => {}); // a refusal for want of a password: the link is good
  onSubmit(form, async (fields) => {
    await attempt(body(fields));
    if (form.hidden) return;
    history.replaceState(null, '', location.pathname); // used up: it need not stay in the address bar
    done();
  });
}

/** @param {string} text  base64url of UTF-8 (RFC 4648 section 5) @returns {string}  empty if it is none */
function decode(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return '';
  }
}

/** Say whose link it is, and tell password managers. */
function name(form) {
  if (!email) return;
  for (const slot of document.querySelectorAll('[data-link-email]')) slot.textContent = email;
  const field = form.elements.username;
  if (field) field.value = email;
}

function dead(form) {
  form.hidden = true;
  const box = find('[data-dead]');
  box.hidden = false;
  box.focus();
}
