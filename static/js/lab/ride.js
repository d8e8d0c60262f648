/**
 * A key in the page, and what injected script does to it. The key stands for that of a device: the server knows its thumbprint, and
 * takes what it signs (accounts/binding/keys.py).
 */

const NAME = 'lab-key';
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const HASH = { name: 'ECDSA', hash: 'SHA-256' };

/** @param {IDBRequest} request */
const done = (request) => new Promise((resolve, reject) => {
  request.addEventListener('success', () => resolve(request.result));
  request.addEventListener('error', () => reject(request.error));
});

/** The one place of the key: this site's database in the profile. */
async function shelf(mode, act) {
  const opening = indexedDB.open(NAME, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('keys'));
  const base = await done(opening);
  try {
    return await done(act(base.transaction('keys', mode).objectStore('keys')));
  } finally {
    base.close();
  }
}

/** Make a key and keep it. @param {boolean} extractable @returns {Promise<CryptoKeyPair>} */
export async function makeKey(extractable) {
  const pair = await crypto.subtle.generateKey(CURVE, extractable, ['sign', 'verify']);
  await shelf('readwrite', (keys) => keys.put(pair, 'device'));
  return pair;
}

export const dropKey = () => done(indexedDB.deleteDatabase(NAME));

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const segment = (part) => base64url(new TextEncoder().encode(JSON.stringify(part)));

/** A proof in the form of DBSC. @param {CryptoKeyPair} pair @param {string} challenge */
export async function prove({ privateKey, publicKey }, challenge) {
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const signed = `${segment({ alg: 'ES256', typ: 'dbsc+jwt', jwk: { crv, kty, x, y } })}.${segment({ jti: challenge })}`;
  return `${signed}.${base64url(await crypto.subtle.sign(HASH, privateKey, new TextEncoder().encode(signed)))}`;
}

/**
 * What injected script does: find the key, try to take its bytes along, and sign with it.
 * @param {() => Promise<string>} ask  fetches a challenge, as the page's own script would
 * @returns {Promise<{taken: string, refusal: string, proof: string}>}
 */
export async function injected(ask) {
  const pair = await shelf('readonly', (keys) => keys.get('device'));
  let [taken, refusal] = ['', ''];
  try {
    taken = JSON.stringify(await crypto.subtle.exportKey('jwk', pair.privateKey));
  } catch (error) {
    refusal = `${error.name}: ${error.message}`;
  }
  return { taken, refusal, proof: await prove(pair, await ask()) };
}
