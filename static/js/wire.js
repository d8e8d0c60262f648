/**
 * One exchange with the server (step 6): JSON in and out, the CSRF token on unsafe requests, problem+json as ApiError.
 *
 * It knows nothing of sessions: session.js builds refresh on it, and api.js is what pages call.
 * No token passes through here. The browser adds the two HttpOnly cookies by itself, and this code could not read them.
 */

const CSRF_COOKIE = '__Host-csrftoken';
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const ANSWER_WITHIN = 30_000;

/** A refusal by the server, or (status 0) no answer at all. `code` is the contract; the texts are for people. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {{errors?: Record<string, string[]>, retryAfter?: number|null}} [more]
   */
  constructor(status, code, detail, { errors = {}, retryAfter = null } = {}) {
    super(detail);
    Object.assign(this, { name: 'ApiError', status, code, detail, errors, retryAfter });
  }

  /** True where the same request may well succeed if it is simply sent again. */
  get transient() {
    return this.code === 'offline' || this.code === 'timeout' || this.status >= 500;
  }
}

/** The cookie is read anew for each request: signing in or out, here or in another tab, rotates it. */
export function csrfToken() {
  const start = `${CSRF_COOKIE}=`;
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(start));
  return found ? found.slice(start.length) : '';
}

/**
 * A cookie with letters beyond ASCII, set by another application of this site or host, makes the whole Cookie header unreadable
 * for the server: nobody could sign in or out any more. Script sees such a cookie unless it is HttpOnly, and can delete it.
 */
function dropUnreadableCookies() {
  const unreadable = document.cookie.split('; ').filter((pair) => !/^[ -~]*$/.test(pair));
  const labels = location.hostname.split('.');
  const domains = ['', ...labels.map((_, at) => `; Domain=${labels.slice(at).join('.')}`)];
  const folders = location.pathname.split('/').map((_, at, all) => all.slice(0, at + 1).join('/') || '/');
  for (const pair of unreadable) {
    for (const domain of domains) {
      for (const path of folders) document.cookie = `${pair.split('=')[0]}=; Max-Age=0; Path=${path}${domain}`;
    }
  }
}

/** Safari drops Secure cookies over plain http, even from localhost; without them nobody can sign in. */
export function cookiesRefused() {
  const cause = location.protocol === 'http:'
    ? 'This browser refuses Secure cookies over http, so it cannot keep you signed in. '
      + 'Start Gatehouse with ./run --https and open its https address, or use another browser.'
    : 'This browser refuses the cookies of this site, so it cannot keep you signed in. Please allow them and try again.';
  return new ApiError(0, 'cookies_refused', cause);
}

/**
 * Send one request and return its JSON, or null where the answer has no body.
 * @param {string} method
 * @param {string} path  on our own origin
 * @param {{body?: object, limit?: number}} [options]  limit: milliseconds to wait for the answer
 * @returns {Promise<any>}
 */
export async function send(method, path, { body, limit } = {}) {
  if (SAFE.has(method)) return exchange(method, path, { limit });
  if (!csrfToken()) await exchange('GET', '/auth/session', { limit });
  const token = csrfToken();
  if (!token) throw cookiesRefused();
  try {
    return await exchange(method, path, { body, limit, token });
  } catch (error) {
    if (error.code !== 'csrf_failed') throw error;
    // Another tab signed in or out between our reading of the cookie and the server's: read it again, once.
    if (csrfToken() === token) await exchange('GET', '/auth/session', { limit });
    return exchange(method, path, { body, limit, token: csrfToken() });
  }
}

async function exchange(method, path, { body, limit = ANSWER_WITHIN, token } = {}) {
  dropUnreadableCookies();
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token) headers['X-CSRFToken'] = token;
  const signal = AbortSignal.timeout(limit);
  let response, text;
  try {
    response = await fetch(path, {
      method, headers, signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error', // a redirected POST would carry a password to wherever it points
    });
    text = await response.text();
  } catch {
    throw signal.aborted
      ? new ApiError(0, 'timeout', 'The server took too long to answer. Please try again.')
      : new ApiError(0, 'offline', 'The server cannot be reached. Check your connection, then try again.');
  }
  const answer = parse(text);
  if (response.ok) return answer;
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  throw new ApiError(
    response.status,
    answer?.code ?? 'server_error',
    answer?.detail ?? answer?.title ?? `The server answered with an error (${response.status}).`,
    { errors: answer?.errors, retryAfter: Number.isFinite(seconds) ? seconds : null },
  );
}

/** A proxy in between may answer in HTML; that is an error without a code, not a crash. */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/**
 * What to tell a person about a failure.
 * @param {unknown} error
 * @returns {string}
 */
export function describe(error) {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page. Reload it and try again.';
  if (error.status !== 429) return error.detail;
  const seconds = error.retryAfter ?? 60;
  const wait = seconds < 90 ? `${seconds} second${seconds === 1 ? '' : 's'}` : `${Math.ceil(seconds / 60)} minutes`;
  const at = new Date(Date.now() + seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return `Too many attempts. Please try again in ${wait}, at ${at}.`;
}
