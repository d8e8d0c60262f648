/**
 * The one way for pages to call the API (step 6). A request whose access token has run out is repeated once after a refresh;
 * one that needs a fresh or a stronger proof is repeated after the person has given it. Neither was carried out the first time, so the
 * repetition is safe even for a POST. A request that got no answer is never repeated here: it may have been carried out.
 */

import { askProof } from './dialogs.js';
import { FACTORS, waysOf } from './second-step.js';
import * as session from './session.js';
import { ApiError, ok, send } from './wire.js';

export { ACCEPTED, ApiError, EMPTY, created, describe, ok, orNull, pageOf } from './wire.js';

const RENEWABLE = new Set(['invalid_token', 'not_authenticated']);
const STEP_UP = new Set(['reauthentication_required', 'insufficient_user_authentication']);

let enrolmentWanted = () => {
  const next = location.pathname + location.search;
  location.assign(`/account?${new URLSearchParams({ next })}#security`);
};

/** Replace what happens when this account needs a second factor first. @param {(path: string) => void} listener */
export function onEnrolmentWanted(listener) {
  enrolmentWanted = listener;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {import('./wire.js').Expected} expected
 * @param {object} [body]
 * @returns {Promise<any>}  rejects with ApiError: code 'cancelled' if the person did not want to confirm
 */
async function call(method, path, expected, body) {
  let renewed = false;
  let confirmed = false;
  for (;;) {
    if (session.waits()) throw new session.SessionOver('session_ended');
    try {
      return await send(method, path, expected, { body });
    } catch (error) {
      if (!renewed && error.status === 401 && RENEWABLE.has(error.code)) {
        renewed = true;
        await session.renew();
      } else if (!confirmed && STEP_UP.has(error.code)) {
        confirmed = true;
        renewed = false; // the dialog may stay open for longer than an access token lives
        await proveIdentity(error);
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
 * @param {{code?: string, acr?: string}} wanted
 */
async function proveIdentity({ code, acr }) {
  const ways = waysOf(await factors()).filter((way) => acr !== '3' || way === 'passkey');
  if (acr > '1' && !ways.length) {
    throw new ApiError(0, 'no_factor', `This needs a ${acr === '3' ? 'passkey' : 'second factor'}. Set one up on your account page, under “Sign-in and security”.`);
  }
  const attempt = (proof) => call('POST', '/auth/reauthenticate', ok(session.SIGNED_IN), proof);
  if (!await askProof(ways, attempt, session.user()?.email)) throw new ApiError(0, 'cancelled', 'Nothing was changed.');
  if (code === 'insufficient_user_authentication') await session.catchUp();
}

/** What the person can confirm with. A server without the part has no such address. */
export async function factors() {
  try {
    return await call('GET', '/auth/factors', ok(FACTORS));
  } catch (error) {
    if (error.code !== 'not_found') throw error;
    return { passkeys: [], totp: null, recovery_codes_left: 0 };
  }
}

/** Ask for a proof at once, and fetch tokens that say so. */
export const stepUp = () => proveIdentity({ code: 'insufficient_user_authentication' });

/** @typedef {import('./wire.js').Expected} Expected */
/** @param {string} path @param {Expected} expected */
export const get = (path, expected) => call('GET', path, expected);
/** @param {string} path @param {Expected} expected @param {object} [body] */
export const post = (path, expected, body) => call('POST', path, expected, body);
/** @param {string} path @param {Expected} expected @param {object} body */
export const patch = (path, expected, body) => call('PATCH', path, expected, body);
/** @param {string} path @param {Expected} expected */
export const remove = (path, expected) => call('DELETE', path, expected);
