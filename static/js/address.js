/**
 * The address that a person has typed, carried from one page to the next: in the fragment, which browsers send to nobody, and which
 * is gone from the address bar once it is read.
 */

/** @param {string} path @param {string} email */
export function carrying(path, email) {
  return email ? `${path}#${new URLSearchParams({ email })}` : path;
}

/** @param {HTMLInputElement} field  is filled in with what came along @returns {boolean} whether something did */
export function receive(field) {
  const email = new URLSearchParams(location.hash.slice(1)).get('email');
  if (!email) return false;
  field.value = email;
  history.replaceState(history.state, '', location.pathname + location.search);
  return true;
}
