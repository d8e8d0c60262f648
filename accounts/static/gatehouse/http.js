/**
 * One exchange with the server (step 6): JSON in and out, the CSRF token on unsafe requests, problem+json as ApiError.
 *
 * It knows nothing of sessions: session.js builds refresh on it, and request.js is what pages call.
 * No token passes through here. The browser adds the two HttpOnly cookies by itself, and this code could not read them.
 */

// The second is Django's own name, for a project that keeps it. Where both are there, only the first is sure to be this host's.
const CSRF_COOKIES = ['__Host-csrftoken', 'csrftoken'];
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const ANSWER_WITHIN = 30_000;

/** A refusal by the server, or (status 0) no answer of it. `code` is the contract; the texts are for people. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {{errors?: Record<string, string[]>, retryAfter?: number|null, methods?: string[], unknown?: boolean, acr?: string}} [more]
   *   methods: what would complete this sign-in; unknown: nobody has this passkey; acr: how strong a sign-in is wanted (RFC 9470)
   */
  constructor(status, code, detail, { errors = {}, retryAfter = null, methods = [], unknown = false, acr = '' } = {}) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.methods = methods;
    this.unknown = unknown;
    this.acr = acr;
  }

  /** True where the same request may well succeed if it is simply sent again. */
  get transient() {
    return this.code === 'offline' || this.code === 'timeout' || this.status >= 500;
  }
}

/**
 * The cookie is read anew for each request: signing in or out, here or in another tab, rotates it.
 * @param {string} [refused]  taken only where there is no other: a cookie may be left over from other settings of the server
 * @returns {string}  empty where there is none
 */
export function csrfToken(refused) {
  const jar = Object.fromEntries(document.cookie.split('; ').map((pair) => pair.split('=')));
  const found = CSRF_COOKIES.map((name) => jar[name]).filter(Boolean);
  return found.find((token) => token !== refused) ?? found[0] ?? '';
}

let prepare = () => {};

/** Have something done before each request. @param {() => void} work */
export function beforeEach(work) {
  prepare = work;
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
 * What a call takes for success: its status and the shape of its body. Anything else was not said by our server. A captive portal
 * or an access proxy answers 200 to whatever it is sent, and what was typed would be lost.
 * A shape is a name that `typeof` gives, a list of one shape, an object of shapes, or a function that judges.
 * @typedef {string|Array<any>|{[name: string]: any}|((value: any) => boolean)} Shape
 * @typedef {{status: number, shape: Shape|null}} Expected  a shape of null: no body
 */

/** @param {Shape} shape @returns {Expected} */
export const ok = (shape) => ({ status: 200, shape });
/** @param {Shape} shape @returns {Expected} */
export const created = (shape) => ({ status: 201, shape });
/** @type {Expected} */
export const ACCEPTED = { status: 202, shape: null };
/** @type {Expected} */
export const EMPTY = { status: 204, shape: null };
/** @param {Shape} shape @returns {Shape} */
export const orNull = (shape) => (value) => value === null || fits(value, shape);
/** A page of a list. @param {Shape} shape @returns {Expected} */
export const pageOf = (shape) => ok({ count: 'number', next: orNull('string'), previous: orNull('string'), results: [shape] });

/** Members that a shape does not name may be there. @param {any} value @param {Shape} shape @returns {boolean} */
export function fits(value, shape) {
  if (typeof shape === 'function') return shape(value);
  if (typeof shape === 'string') return typeof value === shape;
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((one) => fits(one, shape[0]));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.entries(shape).every(([name, wanted]) => Object.hasOwn(value, name) && fits(value[name], wanted));
}

/**
 * Send one request and return its JSON, or null where the answer has no body.
 * @param {string} method
 * @param {string} path  on our own origin
 * @param {Expected} expected
 * @param {{body?: object, limit?: number}} [options]  limit: milliseconds to wait for the answer
 * @returns {Promise<any>}
 */
export async function send(method, path, expected, { body, limit } = {}) {
  if (SAFE.has(method)) return exchange(method, path, expected, { limit });
  const fetchToken = () => exchange('GET', '/auth/session', ok({ authenticated: 'boolean' }), { limit });
  if (!csrfToken()) await fetchToken();
  const token = csrfToken();
  if (!token) throw cookiesRefused();
  try {
    return await exchange(method, path, expected, { body, limit, token });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'csrf_failed') throw error;
    // Another tab signed in or out between our reading of the cookie and the server's: read it again, once.
    if (csrfToken() === token) await fetchToken();
    return exchange(method, path, expected, { body, limit, token: csrfToken(token) });
  }
}

/**
 * @param {string} method @param {string} path @param {Expected} expected
 * @param {{body?: object, limit?: number, token?: string}} options
 */
async function exchange(method, path, expected, { body, limit = ANSWER_WITHIN, token }) {
  prepare();
  /** @type {Record<string, string>} */
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
      redirect: 'manual', // a redirected POST would carry a password to wherever it points; none of ours redirects
    });
    text = await response.text();
  } catch {
    throw signal.aborted
      ? new ApiError(0, 'timeout', 'The server took too long to answer. Please try again.')
      : new ApiError(0, 'offline', 'The server cannot be reached. Check your connection, then try again.');
  }
  if (isExpected(response, text, expected)) return parse(text) ?? null;
  throw refusal(response, text);
}

/** @param {Response} response @param {string} text @param {Expected} expected */
function isExpected(response, text, { status, shape }) {
  if (response.status !== status || response.redirected) return false;
  // An answer without a body has no shape. Ours forbid that they are stored, as all of them do.
  if (shape === null) return !text && /\bno-store\b/i.test(response.headers.get('Cache-Control') ?? '');
  return mediaType(response) === 'application/json' && fits(parse(text), shape);
}

/**
 * The server's own refusal (RFC 9457), its trouble, or the answer of somebody else: of that not even the status is believed.
 * @param {Response} response @param {string} text
 */
function refusal(response, text) {
  const told = mediaType(response) === 'application/problem+json' ? parse(text) : undefined;
  if (response.status >= 400 && fits(told, { status: (/** @type {any} */ status) => status === response.status, code: 'string' })) {
    const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
    return new ApiError(response.status, told.code, told.detail ?? told.title, {
      errors: told.errors,
      retryAfter: Number.isFinite(seconds) ? seconds : null,
      methods: told.methods,
      unknown: told.unknown_credential,
      acr: /acr_values="(\d)"/.exec(response.headers.get('WWW-Authenticate') ?? '')?.[1],
    });
  }
  if (response.status >= 500) return new ApiError(response.status, 'server_error', `The server answered with an error (${response.status}).`);
  return foreignAnswer();
}

/** The answer was not our server's, so nothing is known of what was asked. */
export function foreignAnswer() {
  return new ApiError(0, 'foreign_answer', 'Something between this browser and the server answered in its place, such as the sign-in '
    + 'page of a network. The server may not have got what you sent. See in a new tab what it wants, then try again here.');
}

/** @param {Response} response */
function mediaType(response) {
  return (response.headers.get('Content-Type') ?? '').split(';')[0].trim().toLowerCase();
}

/** @param {string} text @returns {any} undefined where the text is no JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
