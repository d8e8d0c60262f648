/**
 * The browser's part of passkeys (WebAuthn Level 3). The server's options and the browser's answers travel in WebAuthn's own JSON,
 * in which bytes are base64url; a browser that cannot read and write it is helped.
 */

import { ApiError, ok, send } from '../gatehouse/http.js';

const kind = globalThis.PublicKeyCredential;
export const OPTIONS = ok({ publicKey: { challenge: 'string' } });

/** Whether this browser knows passkeys at all, which takes https or localhost. */
export const supported = Boolean(kind && navigator.credentials);

/** Whether it offers them among what it fills into a field. @returns {Promise<boolean>} */
export const autofills = async () => supported && Boolean(await kind.isConditionalMediationAvailable?.());

/**
 * Have a passkey of the person's choice answer a new challenge of the server.
 * @param {{mediation?: 'conditional', signal?: AbortSignal}} [how]  conditional: offered by autofill, with no window of its own
 * @returns {Promise<object>} the credential to send; rejects with ApiError, code 'cancelled' where the person did not want to
 */
export async function answer({ mediation, signal } = {}) {
  const { publicKey } = await send('POST', '/auth/login/passkey/options', OPTIONS);
  return asking('get', { publicKey: read(publicKey, 'parseRequestOptionsFromJSON'), mediation, signal });
}

/** Make a new passkey. @param {object} publicKey  the server's options @returns {Promise<object>} as `answer` does */
export function create(publicKey) {
  return asking('create', { publicKey: read(publicKey, 'parseCreationOptionsFromJSON') });
}

/** Have password managers drop the passkeys of this person that are not among these. @param {string} user @param {string[]} ids */
export function keepOnly(user, ids) {
  const userId = encode(new TextEncoder().encode(user));
  return kind?.signalAllAcceptedCredentials?.({ rpId: location.hostname, userId, allAcceptedCredentialIds: ids }).catch(() => {});
}

/**
 * Have a passkey sign in or confirm. One that nobody has any more is dropped from its password manager, so that it is not offered again.
 * @param {object} credential @param {(credential: object) => Promise<unknown>} attempt  rejects while it is refused
 */
export async function use(credential, attempt) {
  try {
    return await attempt(credential);
  } catch (error) {
    if (error.unknown) drop(credential.id);
    throw error;
  }
}

/** Have them drop this one, which was removed. @param {string} credentialId */
export function drop(credentialId) {
  return kind?.signalUnknownCredential?.({ rpId: location.hostname, credentialId }).catch(() => {});
}

/** Whether removed passkeys go from password managers by themselves. */
export const signals = Boolean(kind?.signalAllAcceptedCredentials);

async function asking(method, options) {
  try {
    return write(await navigator.credentials[method](options));
  } catch (error) {
    throw REFUSALS[error.name]?.() ?? new ApiError(0, 'passkey_failed', 'The browser could not use a passkey. Try again, or take another way.');
  }
}

// A browser says the same of a person who cancels, one who takes too long, and one who has no passkey: on purpose.
const cancelled = () => new ApiError(0, 'cancelled', 'No passkey was used. Try again, or take another way.');
const REFUSALS = {
  NotAllowedError: cancelled,
  AbortError: cancelled,
  InvalidStateError: () => new ApiError(0, 'passkey_known', 'There is a passkey for this account on that device already.'),
  SecurityError: () => new ApiError(0, 'passkey_elsewhere', 'Passkeys work only at the address that this service has as its own.'),
};

function read(publicKey, parser) {
  if (kind[parser]) return kind[parser](publicKey);
  const listed = (list = []) => list.map((one) => ({ ...one, id: decode(one.id) }));
  return {
    ...publicKey,
    challenge: decode(publicKey.challenge),
    ...(publicKey.user && { user: { ...publicKey.user, id: decode(publicKey.user.id) } }),
    allowCredentials: listed(publicKey.allowCredentials),
    excludeCredentials: listed(publicKey.excludeCredentials),
  };
}

const PARTS = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];

function write(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, type, authenticatorAttachment, response } = credential;
  const parts = PARTS.filter((name) => response[name]).map((name) => [name, encode(response[name])]);
  return {
    id, rawId: id, type, authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { ...Object.fromEntries(parts), ...(response.getTransports && { transports: response.getTransports() }) },
  };
}

/** @param {string} text  base64url (RFC 4648 section 5) */
function decode(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

/** @param {BufferSource} bytes */
function encode(bytes) {
  const letters = Array.from(new Uint8Array(bytes.buffer ?? bytes), (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
