/** The flow page: watches this browser's own requests and fills in the eight steps as they happen. */

import * as api from '../../api.js';
import { busy, find } from '../../dom.js';
import * as session from '../../../gatehouse/session.js';
import * as shell from '../../shell.js';
import * as tabs from '../../../gatehouse/tabs.js';
import { EMPTY, ok, send } from '../../../gatehouse/http.js';
import * as bench from '../bench.js';
import { ofPair, show } from '../evidence.js';
import { observe, observeLocks, storages } from '../observe.js';
import { player } from '../player.js';
import * as renewal from '../renewal.js';
import { inWords, wait } from '../run.js';
import * as timeline from '../timeline.js';

const WATCHED = ['/auth/', '/api/', '/learn/api/hello', '/lab/'];
const ME = ok({ id: 'string', session_id: 'string' });
const atLab = find('[data-flow]').dataset.flow === 'lab';
const opened = bench.watch();
const steps = player(find('[data-player]'));

/** @type {import('../observe.js').Observed[]} */
let fresh = [];
/** Requests since the last refresh: what led to the next one. */
let before = [];
let refusal = '';
/** Step 8 while the request that was refused has not been repeated yet. */
let renewed = null;
let lock = null;
let verified = null;
/** When the session began or was refreshed; for a while a refresh is then answered with the same generation. */
let freshAt = -Infinity;
let endsAt = 0;
let followed = 0;

observe(notice, (path) => WATCHED.some((start) => path.startsWith(start)));
observeLocks((held) => { lock = held; });

function notice(observed) {
  fresh.push(observed);
  const expiry = observed.answer?.session?.access_expires_at;
  if (expiry) endsAt = Date.parse(expiry);
  if (/login|refresh/.test(observed.path) && observed.status === 200) freshAt = performance.now();
  if (observed.path === '/auth/logout') endsAt = 0;
}

/** Do something, then put what happened into the steps, whether it succeeded or not. */
async function perform(action) {
  find('[data-problem]').textContent = '';
  try {
    await opened;
    await action();
  } catch (error) {
    tellProblem(error);
  }
  await fillIn().catch(tellProblem);
}

function tellProblem(error) {
  find('[data-problem]').textContent = inWords(error);
}

async function fillIn() {
  const observed = fresh;
  fresh = [];
  const pairs = bench.pair(observed, await bench.news());
  const happened = [];
  for (const pair of pairs) {
    find('[data-all]').append(ofPair(pair));
    if (pair.observed && pair.entry) happened.push(...await assign(pair.observed, pair.entry));
  }
  // A refresh is what its repeated request was about.
  if (happened.length) steps.go(happened.includes(8) ? 8 : happened[0]);
}

async function assign(observed, entry) {
  const what = `${observed.method} ${observed.path}`;
  let filled = [];
  verified = timeline.verification(entry) ?? verified;
  if (what === 'POST /auth/login') {
    filled = [...timeline.signIn(observed, entry), ...timeline.storage(await storages(), entry)];
  } else if (what === 'POST /auth/refresh') {
    filled = [renewal.refresh(observed, entry, { before, refusal, lock, grace: tabs.WINDOW / 1000 })];
    renewed = refusal ? filled[0] : null;
    refusal = '';
  } else if (observed.path === '/api/me' || observed.path === '/learn/api/hello') {
    filled = timeline.request(observed, entry, verified);
    if (renewed) put({ ...renewed, script: [...renewed.script, renewal.again(observed)] });
    renewed = null;
    refusal = renewal.refusal(entry);
  }
  before = what === 'POST /auth/refresh' ? [] : [...before, observed].slice(-3);
  for (const step of filled) put(step);
  return filled.map(({ number }) => number);
}

function put({ number, script, server, ms, refused, travel }) {
  const item = find(`[data-step="${number}"]`);
  for (const hint of item.querySelectorAll('[data-hint]')) hint.hidden = true;
  show(find('[data-facts="script"]', item), script);
  show(find('[data-facts="server"]', item), server);
  const where = number === 1 || number === 6 ? 'there and back' : 'on the server';
  const time = ms === null ? '' : `, ${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms ${where}`;
  item.dataset.done = refused ? 'refused' : 'yes';
  find('[data-state-text]', item).textContent = `${refused ? '⊘ refused' : '✓ done'}${time}`;
  steps.fill(number, travel);
}

const signIn = (email, password) => perform(() => session.signIn({ email, password, remember: false }));

function arrive() {
  find('[data-controls]').hidden = false;
  const watched = find('[data-step="1"]').dataset.done;
  find('[data-heading]').textContent = watched ? 'Signed in' : 'You are signed in already. Sign in again to watch steps 1 to 5';
}

function leave() {
  find('[data-controls]').hidden = true;
  find('[data-heading]').textContent = 'Start: sign in';
}

/** Nothing is recorded from here on: what would be watched goes away, until the person asks for it again. */
function stop() {
  endsAt = 0;
  find('[data-watched]').hidden = true;
  find('[data-stopped]').hidden = false;
  find('#stopped-title').focus();
}

/** A clock that reads the time at which the token really ends. At the lab, the page then makes one request, as any app would. */
function tick() {
  const left = Math.ceil((endsAt - Date.now()) / 1000);
  const text = left > 0 ? `The access token runs out in ${left} s.` : 'The access token has run out. The next request meets a 401, and step 8.';
  if (endsAt) find('[data-countdown]').textContent = text;
  // Two seconds later: the browser counts the cookie's Max-Age from when it arrived.
  if (atLab && endsAt && left <= -2 && followed < 3) {
    followed += 1;
    endsAt = 0;
    perform(() => api.get('/api/me', ME));
  }
}

/** Within the window the server gives the same generation again: tabs that refresh at once, and lost answers, sign nobody out. */
async function windowIsOver() {
  const over = freshAt + tabs.WINDOW + 300;
  for (let rest = over - performance.now(); rest > 0; rest = over - performance.now()) {
    find('[data-now]').textContent = `Nothing rotates within ${tabs.WINDOW / 1000} s of a sign-in or refresh. Waiting for ${Math.ceil(rest / 1000)} s…`;
    await wait(Math.min(rest, 1000));
  }
}

/** Buttons are disabled until now: a press before would have done nothing, without a word. */
function on(selector, action) {
  for (const button of document.querySelectorAll(selector)) {
    button.disabled = false;
    button.addEventListener('click', () => { followed = 0; busy(button, () => action(button)); });
  }
}

on('[data-demo-email]', ({ dataset }) => signIn(dataset.demoEmail, dataset.demoPassword));
on('[data-sign-in-alice]', async () => {
  const { person } = await opened;
  await signIn(person.email, person.password);
});
on('[data-call="GET"]', () => perform(() => api.get('/api/me', ME)));
on('[data-call="POST"]', () => perform(() => api.post('/learn/api/hello', ok({ hello: 'string' }))));
on('[data-refresh]', () => perform(async () => {
  await windowIsOver();
  await tabs.alone(() => send('POST', '/auth/refresh', ok(session.SIGNED_IN)));
}));
on('[data-expire]', () => perform(async () => {
  await windowIsOver();
  await send('POST', '/lab/expire', EMPTY);
  await api.get('/api/me', ME);
}));
on('[data-forget]', () => opened.then(bench.leave).then(stop, tellProblem));
document.querySelector('[data-flow-form]')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const { email, password } = event.target.elements;
  signIn(email.value.trim(), password.value);
});
for (const button of document.querySelectorAll('[data-flow-form] [type=submit]')) button.disabled = false;

opened.then(({ person }) => {
  if (person) find('[data-person-password]').textContent = person.password;
}).catch(tellProblem).then(() => {
  shell.start({ show: arrive, empty: leave });
  setInterval(tick, 250);
});
