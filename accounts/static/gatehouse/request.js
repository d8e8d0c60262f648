/**
 * The one way for pages to call the API (step 6). A request whose access token has run out is repeated once after a refresh;
 * one that needs a fresh or a stronger proof is repeated after the person has given it. Neither was carried out the first time, so the
 * repetition is safe even for a POST. A request that got no answer is never repeated here: it may have been carried out.
 *
 * How the person is asked is handed in (`onStepUp`): this module knows no dialogue and no framework.
 */

import { ApiError, csrfToken, ok, send } from './http.js';
import * as session from './session.js';

export { ACCEPTED, ApiError, EMPTY, created, describe, ok, orNull, pageOf } from './http.js';

/**
 * @typedef {import('./http.js').Expected} Expected
 * @typedef {(proof: object) => Promise<unknown>} Prove  sends `{password}`, `{code}` or `{credential}`; rejects while it is refused
 * @typedef {(prove: Prove, wanted: {acr: string}) => Promise<boolean>} Ask  acr: how strong a proof is wanted, '' where any will do
 */

const RENEWABLE = new Set(['invalid_token', 'not_authenticated']);
const STEP_UP = new Set(['reauthentication_required', 'insufficient_user_authentication']);

/** @type {Ask|null} */
let ask = null;

/**
 * Say how the person is asked for a proof. `asker` calls `prove` until it succeeds, and returns true; or false where the person gave
 * up. Without one, such a request fails with the server's refusal.
 * @param {Ask} asker
 */
export function onStepUp(asker) {
  ask = asker;
}

/** @type {(path: string) => void} */
let enrolmentWanted = () => {};

/** Say what happens when this account needs a second factor first. @param {(path: string) => void} listener */
export function onEnrolmentWanted(listener) {
  enrolmentWanted = listener;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Expected} expected
 * @param {object} [body]
 * @returns {Promise<any>}  rejects with ApiError: code 'cancelled' if the person did not want to confirm
 */
async function call(method, path, expected, body) {
  let renewed = false;
  let confirmed = false;
  let signed = false;
  for (;;) {
    if (session.waits()) throw new session.SessionOver('session_ended');
    try {
      return await send(method, path, expected, { body });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!renewed && error.status === 401 && RENEWABLE.has(error.code)) {
        renewed = true;
        await session.renew();
      } else if (ask && !confirmed && STEP_UP.has(error.code)) {
        confirmed = true;
        renewed = false; // the dialog may stay open for longer than an access token lives
        await proveIdentity(error);
      } else if (!signed && error.code === 'device_proof_required') {
        signed = true; // where the session is bound, the browser has its device sign before this goes out again
      } else {
        if (error.code === 'enrolment_required') enrolmentWanted(path);
        throw error;
      }
    }
  }
}

/**
 * Step-up: the server keeps the proof and its time in the session's row. Where the token itself must say it (RFC 9470), a new one
 * is fetched.
 * @param {{code: string, acr: string}} wanted
 */
async function proveIdentity({ code, acr }) {
  /** @type {Prove} */
  const prove = (proof) => call('POST', '/auth/reauthenticate', ok(session.SIGNED_IN), proof);
  if (!await ask?.(prove, { acr })) throw new ApiError(0, 'cancelled', 'Nothing was changed.');
  if (code === 'insufficient_user_authentication') await session.catchUp();
}

/** Ask for a proof at once, and fetch tokens that say so. */
export const stepUp = () => proveIdentity({ code: 'insufficient_user_authentication', acr: '' });

/** @param {string} path @param {Expected} expected */
export const get = (path, expected) => call('GET', path, expected);
/** @param {string} path @param {Expected} expected @param {object} [body] */
export const post = (path, expected, body) => call('POST', path, expected, body);
/** @param {string} path @param {Expected} expected @param {object} body */
export const put = (path, expected, body) => call('PUT', path, expected, body);
/** @param {string} path @param {Expected} expected @param {object} body */
export const patch = (path, expected, body) => call('PATCH', path, expected, body);
/** @param {string} path @param {Expected} expected */
export const remove = (path, expected) => call('DELETE', path, expected);

/**
 * The browser's `fetch` for views that answer in a shape of their own, and for code that makes its own requests: with the CSRF token,
 * and once more after a refresh. Whatever is answered is returned. Sign-in and step-up have functions of their own.
 * @param {string} path  on our own origin
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}  rejects with SessionOver where there is nothing to renew
 */
export async function fetchSignedIn(path, options = {}) {
  const attempt = () => {
    if (session.waits()) throw new session.SessionOver('session_ended');
    const headers = new Headers(options.headers);
    headers.set('X-CSRFToken', csrfToken());
    return fetch(path, { ...options, headers, mode: 'same-origin' });
  };
  const answer = await attempt();
  if (answer.status === 403 && await isForTheDevice(answer.clone())) return attempt();
  if (answer.status !== 401) return answer;
  await session.renew();
  return attempt();
}

/** Whether the device of a bound session signs before the same request is sent again. @param {Response} answer */
const isForTheDevice = (answer) => answer.json().then((told) => told.code === 'device_proof_required', () => false);
