/** Where to go after signing in. An attacker chooses the query, so only a path on our own origin will do (open redirect, CWE-601). */

const HOME = '/notes';

/**
 * @param {string|null} next  as found in the query
 * @returns {string} an absolute address on this origin
 */
export function destination(next) {
  const fallback = new URL(HOME, location.origin).href;
  // `//evil`, `/\evil`, `https:evil` and `javascript:` all fail here or at the origin: the URL parser judges as the browser will.
  if (!next || !/^\/(?![/\\])/.test(next)) return fallback;
  const url = new URL(next, location.origin);
  if (url.origin !== location.origin || url.pathname === '/login') return fallback;
  return url.href; // the whole address: a path such as /.//evil, taken alone, would be read as //evil
}
