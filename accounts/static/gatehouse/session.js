/**
 * The browser's side of the session (step 8): sign-in, refresh and sign-out, one at a time across all tabs.
 *
 * Every tab shares one cookie jar, so a refresh in one tab is a refresh for all. One Web Lock puts them in a row, and whoever
 * holds it first asks the server whether an earlier tab was faster: five tabs that wake together send one POST /auth/refresh.
 * The server answers parallel and repeated refreshes alike for a few seconds (the grace window), so a lock that cannot be had
 * delays us and never blocks us. Nothing is kept in web storage: the only truth is GET /auth/session.
 */

import * as tabs from './tabs.js';
import { ApiError, cookiesRefused, EMPTY, fits, foreignAnswer, ok, orNull, send } from './http.js';

/**
 * @typedef {{id: string, email: string, name: string, is_staff: boolean}} User
 * @typedef {{authenticated: boolean, user: User|null, session: object|null, reason?: string}} State  as GET /auth/session
 */

const USER = { id: 'string', email: 'string', name: 'string', is_staff: 'boolean' };
const SESSION = { id: 'string', refresh_expires_at: 'string', expires_at: 'string' };
const ANYBODY = { authenticated: 'boolean', user: orNull(USER), session: orNull(SESSION) };
/** The shape of what the server says of whoever asks. @param {any} value @returns {boolean} */
const STATE = (value) => fits(value, ANYBODY) && value.authenticated === (value.user !== null && value.session !== null);
/** The same of whoever is signed in. @param {any} value @returns {boolean} */
export const SIGNED_IN = (value) => STATE(value) && value.authenticated;

/**
 * How long each attempt may take, in milliseconds; undefined is as long as any other request. A refresh whose answer was lost must
 * be repeated while the server still remembers it, so the first two get a third of the window each. The rest is not bound to it.
 */
const HURRIED = [tabs.WINDOW / 3, tabs.WINDOW / 3, undefined];
const UNHURRIED = [Math.max(tabs.WINDOW, 10_000), undefined];
/** @type {State} */
const NOBODY = Object.freeze({ authenticated: false, user: null, session: null });

/**
 * Fires 'signed-in' (detail: State) and 'signed-out' (detail: {reason}) wherever it happened, and others' 'refreshed'. A listener
 * that keeps what its person has typed calls `preventDefault` of 'signed-out': this page is then theirs until they are back.
 */
export const changes = new EventTarget();

/** The session is over. `changes` has told the page already; a caller only stops what it was doing. */
export class SessionOver extends ApiError {
  /** @param {string} reason */
  constructor(reason) {
    super(401, reason, 'Your session has ended. Please sign in again.');
  }
}

let current = NOBODY;
/** @type {string|null} the person whose things this page shows, remembered while they are gone and their text waits */
let owner = null;
/** @type {Promise<State>|null} */
let renewal = null;

tabs.hear((type, reason) => {
  if (type === 'signed-out') forget(reason);
  // A message may be late, or about another person: it is a hint to ask the server, never an answer.
  if (type === 'signed-in') look().catch(() => {});
  if (type === 'refreshed') changes.dispatchEvent(new Event('refreshed'));
});

/** @returns {User|null} as last heard from the server */
export const user = () => current.user;

/** Whether this page waits for its person: it asks nothing meanwhile, for whoever is signed in now would answer for them. */
export const waits = () => owner !== null && !current.authenticated;

/**
 * Who is signed in, refreshing first if only the refresh cookie is still good.
 * @returns {Promise<State>}
 */
export async function look() {
  const state = await ask();
  if (state.authenticated) return adopt(state);
  if (!state.session) {
    forget('session_ended');
    return NOBODY;
  }
  return renew().catch((error) => {
    if (error instanceof SessionOver) return { ...NOBODY, reason: error.code };
    throw error;
  });
}

/**
 * Sign in. Success is checked by asking who we are, because a browser may drop the cookies without a word.
 * @param {object} credentials  what the endpoint takes
 * @param {string} [endpoint]
 * @returns {Promise<State>}
 */
export function signIn(credentials, endpoint = '/auth/login') {
  return tabs.alone(async () => {
    await send('POST', endpoint, ok(SIGNED_IN), { body: credentials });
    const state = await ask();
    if (!state.authenticated) throw cookiesRefused();
    current = NOBODY;
    owner = null; // whoever was signed in here before has been replaced on purpose
    tabs.tell('signed-in');
    return adopt(state);
  });
}

/**
 * End the session on the server, which deletes the cookies, and empty every tab. An answer without a body shows little, so the
 * server is asked whether it was its own.
 * @param {string} [reason]  what the sign-in page says about it
 */
export function signOut(reason = 'signed_out') {
  return tabs.alone(async () => {
    await insist('POST', '/auth/logout', EMPTY, UNHURRIED);
    if ((await ask()).authenticated) throw foreignAnswer();
    over(reason);
  });
}

/**
 * Make the access token live again. All callers in this tab share one attempt, and all tabs one lock.
 * @returns {Promise<State>}  rejects with SessionOver, or with an ApiError where the server gives no usable answer
 */
export function renew() {
  renewal ??= tabs.alone(renewInTurn).finally(() => { renewal = null; });
  return renewal;
}

/**
 * Fetch tokens that say what the session's row has learnt since: after a step-up, or a new factor.
 * @returns {Promise<State>}
 */
export function catchUp() {
  return tabs.alone(async () => {
    const state = await insist('POST', '/auth/refresh', ok(SIGNED_IN), HURRIED);
    tabs.tell('refreshed');
    return adopt(state);
  });
}

async function renewInTurn() {
  let state = await ask(); // another tab may have been faster
  const known = current.authenticated || state.session;
  if (!state.authenticated && state.session) {
    try {
      state = await insist('POST', '/auth/refresh', ok(SIGNED_IN), HURRIED);
      tabs.tell('refreshed');
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      state = await ask(); // somebody may have signed in meanwhile, in a tab that could not wait for the lock
    }
  }
  if (state.authenticated) return adopt(state);
  if (known) {
    // Once, to be rid of the cookies of a session that is over: a refused refresh never deletes any.
    await send('POST', '/auth/logout', EMPTY, { limit: tabs.WINDOW }).catch(() => {});
    over('session_ended');
  }
  throw new SessionOver('session_ended');
}

/** @returns {Promise<State>} */
function ask() {
  return insist('GET', '/auth/session', ok(STATE), UNHURRIED);
}

/**
 * Answers are final: only silence, or a server in trouble, is worth another attempt, and never endlessly.
 * @param {string} method @param {string} path @param {import('./http.js').Expected} expected @param {Array<number|undefined>} limits
 */
async function insist(method, path, expected, limits) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(method, path, expected, { limit: limits[attempt - 1] });
    } catch (error) {
      if (attempt === limits.length || !(error instanceof ApiError && error.transient)) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 200 * attempt); });
    }
  }
}

/** A page that shows one person's things must neither show nor save them in the session of another: that is a sign-out. @param {any} state */
function adopt(state) {
  if (owner && owner !== state.user.id) {
    current = state;
    forget('other_user');
    throw new SessionOver('other_user');
  }
  const arrived = !current.authenticated;
  current = state;
  owner = state.user.id;
  if (arrived) changes.dispatchEvent(new CustomEvent('signed-in', { detail: state }));
  return state;
}

/** @param {string} [reason] */
function forget(reason) {
  if (!current.authenticated) return;
  current = NOBODY;
  const kept = !changes.dispatchEvent(new CustomEvent('signed-out', { detail: { reason }, cancelable: true }));
  if (!kept) owner = null;
}

/** @param {string} reason */
function over(reason) {
  forget(reason);
  tabs.tell('signed-out', reason);
}
