/**
 * What script can see of a request and of the browser's storage: the left column of every experiment.
 *
 * `observe` puts itself in front of fetch, as any script on the page could, and takes down all it gets. That it gets no token is
 * the point: the cookies never pass through here.
 */

/**
 * @typedef {object} Observed
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} headers  what our own code added
 * @property {object|null} body  as sent, the password masked
 * @property {number} status  0 if there was no answer
 * @property {number} milliseconds
 * @property {Record<string, string|null>} seen  answer headers that matter here, as script reads them
 * @property {any} answer  the parsed body
 * @property {string} requestId  joins this with the server's record
 */

const SEEN = ['Set-Cookie', 'Server-Timing', 'WWW-Authenticate', 'Content-Type'];

/**
 * Call `tell` after each request of this page, until the returned function is called.
 * @param {(observed: Observed) => void} tell
 * @param {(path: string) => boolean} [wanted]
 */
export function observe(tell, wanted = () => true) {
  const original = globalThis.fetch;
  globalThis.fetch = async (resource, options = {}) => {
    const path = new URL(String(resource), location.href).pathname;
    if (!wanted(path)) return original(resource, options);
    const began = performance.now();
    const base = { method: options.method ?? 'GET', path, headers: { ...options.headers }, body: masked(options.body) };
    try {
      const response = await original(resource, options);
      tell({ ...base, ...await read(response.clone()), milliseconds: performance.now() - began });
      return response;
    } catch (error) {
      tell({ ...base, status: 0, seen: {}, answer: null, requestId: '', milliseconds: performance.now() - began });
      throw error;
    }
  };
  return () => { globalThis.fetch = original; };
}

/**
 * Call `tell` after each Web Lock that script of this page held.
 * @param {(lock: {name: string, held: number}) => void} tell
 */
export function observeLocks(tell) {
  if (!navigator.locks) return;
  const original = navigator.locks.request;
  navigator.locks.request = (name, ...rest) => {
    const work = rest.pop();
    return original.call(navigator.locks, name, ...rest, async (lock) => {
      const began = performance.now();
      try {
        return await work(lock);
      } finally {
        tell({ name, held: performance.now() - began });
      }
    });
  };
}

async function read(response) {
  const text = await response.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { answer = text.slice(0, 200); }
  return {
    status: response.status,
    seen: Object.fromEntries(SEEN.map((name) => [name, response.headers.get(name)])),
    answer,
    requestId: response.headers.get('X-Request-Id') ?? '',
  };
}

function masked(body) {
  if (typeof body !== 'string') return null;
  const found = JSON.parse(body);
  if ('password' in found) found.password = '•'.repeat(8);
  return found;
}

/** Everything that script can read of what this browser keeps for this page. Values are cut: names tell enough. */
export async function storages() {
  const names = (list) => list.map((one) => one.name ?? one);
  return {
    'document.cookie': document.cookie.split('; ').filter(Boolean).map((pair) => pair.split('=')[0]),
    'cookieStore.getAll()': globalThis.cookieStore ? names(await cookieStore.getAll()) : null,
    localStorage: Object.keys(localStorage),
    sessionStorage: Object.keys(sessionStorage),
  };
}
