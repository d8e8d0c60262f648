/**
 * The one way for pages to call the API (step 6). A request whose access token has run out is repeated once after a refresh;
 * one that needs a fresh password is repeated after the person has entered it. Neither was carried out the first time, so the
 * repetition is safe even for a POST. A request that got no answer is never repeated here: it may have been carried out.
 */

import { askPassword } from './dialogs.js';
import * as session from './session.js';
import { ApiError, ok, send } from './wire.js';

export { ACCEPTED, ApiError, EMPTY, created, describe, ok, orNull, pageOf } from './wire.js';

const RENEWABLE = new Set(['invalid_token', 'not_authenticated']);

/**
 * @param {string} method
 * @param {string} path
 * @param {import('./wire.js').Expected} expected
 * @param {object} [body]
 * @returns {Promise<any>}  rejects with ApiError: code 'cancelled' if the person did not want to enter the password
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
      } else if (!confirmed && error.code === 'reauthentication_required') {
        confirmed = true;
        renewed = false; // the dialog may stay open for longer than an access token lives
        await proveIdentity();
      } else {
        throw error;
      }
    }
  }
}

/** Step-up: the server keeps the time of the proof in the session's row. */
async function proveIdentity() {
  const confirmed = await askPassword(
    (password) => call('POST', '/auth/reauthenticate', ok(session.SIGNED_IN), { password }),
    session.user()?.email,
  );
  if (!confirmed) throw new ApiError(0, 'cancelled', 'Nothing was changed.');
}

/** @typedef {import('./wire.js').Expected} Expected */
/** @param {string} path @param {Expected} expected */
export const get = (path, expected) => call('GET', path, expected);
/** @param {string} path @param {Expected} expected @param {object} [body] */
export const post = (path, expected, body) => call('POST', path, expected, body);
/** @param {string} path @param {Expected} expected @param {object} body */
export const patch = (path, expected, body) => call('PATCH', path, expected, body);
/** @param {string} path @param {Expected} expected */
export const remove = (path, expected) => call('DELETE', path, expected);
