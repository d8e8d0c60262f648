/** /learn/cross-site: sign in at the tills, open the attacker's page, and fill the grids with what the bank recorded. */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';
import { csrfToken, ok, send } from '../../../gatehouse/http.js';
import { watch } from '../bench.js';
import { experiment } from '../experiment.js';
import { Stopped, evidence, newRun, openBeside, until, wait } from '../run.js';

const bench = watch();
const FORGED = ['form', 'simple', 'json', 'image', 'iframe', 'link'];
const TILLS = { none: 'none', lax: 'Lax', strict: 'Strict', metadata: 'origin', token: 'token', header: 'header', all: 'all' };

/** The run that each experiment shows; what still comes of it afterwards is shown as well. */
const current = new Map();

for (const id of ['other', 'sibling']) {
  const box = experiment(id);
  const { origin, whence } = find('[data-attack]', box).dataset;
  box.run = () => attack(box, origin, whence);
  box.clear = async () => {
    current.delete(box);
    for (const cell of box.querySelectorAll('[data-cell]')) { cell.textContent = ''; delete cell.dataset.tone; cell.removeAttribute('data-came'); }
    find('[data-balances]', box).textContent = '';
  };
}

async function attack(box, origin, whence) {
  const run = newRun();
  current.set(box, run);
  const attacker = openBeside('about:blank', 'lab-attacker'); // now, while the press still counts as one
  const { tag } = await bench;
  await send('POST', '/bank/cross/start', ok({ tag: 'string' }), { body: { run } });
  await payOurselves(tag, run);
  attacker.location = `${origin}/cross-site?tag=${tag}&run=${run}&from=${whence}&todo=simple,json,image,iframe,form,link`;
  const seen = await until(async () => {
    const found = await look(box, run);
    return FORGED.every((via) => found.entries.some((entry) => entry.via === via)) ? found : null;
  }, 20_000);
  if (!seen) throw new Stopped(`Not everything came from ${origin}. If its page did not open, this browser cannot reach that address; nothing is pretended instead.`);
  follow(box, run);
  return { ...verdict(seen, whence), ...columns(seen) };
}

const socket = experiment('socket');
socket.run = async () => {
  const wanted = socket.querySelector('[data-switch="near"]')?.checked ? 'sibling' : 'other';
  const places = [...document.querySelectorAll('[data-attack]')].map(({ dataset }) => dataset).filter((one) => one.origin);
  const { origin, whence } = places.find((one) => one.whence === wanted) ?? places[0];
  const run = newRun();
  const attacker = openBeside('about:blank', 'lab-attacker');
  const { tag } = await bench;
  await send('POST', '/bank/cross/start', ok({ tag: 'string' }), { body: { run } });
  attacker.location = `${origin}/cross-site?tag=${tag}&run=${run}&from=${whence}&todo=socket`;
  const came = await until(async () => (await evidence(run, 'cross-site')).entries.find(({ via }) => via === 'socket'), 20_000);
  if (!came) throw new Stopped(`No handshake came from ${origin}. If its page did not open, this browser cannot reach that address; nothing is pretended instead.`);
  const strict = came.cookies.includes('lab_strict');
  find('[data-exchanges]', socket).replaceChildren();
  const headers = Object.entries(came.headers);
  socket.add({ title: 'The handshake → 403', script: [['new WebSocket(…)', 'an event, error']], server: [['Cookies', came.cookies.join(', ') || 'none'], ...headers] });
  return {
    answer: strict ? 'strict' : 'reached',
    text: `The handshake reached the bank from ${came.headers.Origin}, ${strict ? 'with the Strict cookies too' : 'without the Strict cookies'}. The bank refused it.`,
    script: [['The socket', 'did not open', 'refused']],
    server: [['Origin', came.headers.Origin], ['Cookies', came.cookies.join(', ') || 'none']],
  };
};
socket.clear = async () => { for (const one of socket.querySelectorAll('[data-switch]')) one.checked = false; };

async function look(box, run) {
  const found = await evidence(run, 'cross-site');
  for (const entry of found.entries) show(box, entry);
  const left = Object.entries(TILLS).map(([till, name]) => `${name} ${found.tills[till]}`);
  find('[data-balances]', box).textContent = `Left of 100 in each till after the attack: ${left.join(' · ')}`;
  return found;
}

/** The attacker's page stays open, with a button for each request: what they send later is shown too, for a while. */
async function follow(box, run) {
  await until(async () => {
    await wait(1500);
    if (current.get(box) !== run) return true;
    await look(box, run);
    return false;
  }, 600_000).catch(() => {});
}

/** The same payment from the bank's own page: what every till is there for. */
async function payOurselves(tag, run) {
  await fetch(`/bank/transfer?tag=${tag}&run=${run}&from=own&via=own`, { method: 'POST', headers: { 'X-CSRFToken': csrfToken(), 'X-Lab-Bank': '1' } });
}

function show(box, { via, method, cookies, headers, tills }) {
  const cell = (grid, name) => find(`[data-grid="${grid}"] [data-via="${via}"] [data-cell="${name}"]`, box);
  const put = (place, text, tone = 'plain') => { place.textContent = text; place.dataset.tone = tone; };
  const preflight = method === 'OPTIONS';
  for (const name of ['lab_strict', 'lab_lax', 'lab_none', 'lab_unset', '__Host-Http-lab_till']) {
    const came = cookies.includes(name);
    put(cell('cookies', name), came ? 'arrived' : 'stayed', 'plain');
    cell('cookies', name).toggleAttribute('data-came', came);
    cell('cookies', name).toggleAttribute('data-stayed', !came);
  }
  put(cell('cookies', 'fetch'), [headers['Sec-Fetch-Site'], headers['Sec-Fetch-Mode']].filter(Boolean).join(', ') + (preflight ? ' (preflight only)' : ''));
  put(cell('cookies', 'origin'), headers.Origin ?? 'not sent');
  for (const till of Object.keys(TILLS)) {
    if (preflight) put(cell('tills', till), 'only the preflight came', 'refused');
    else if (tills[till]) put(cell('tills', till), tills[till], 'refused');
    else put(cell('tills', till), 'paid 10', via === 'own' ? 'good' : 'got');
  }
}

const WAYS = { form: 'form post', link: 'link', simple: 'fetch, text/plain', json: 'fetch, JSON', image: 'image', iframe: 'iframe' };

/** What the attacker got by each way, and which tills refused him whatever he sent. */
function columns({ entries, tills }) {
  const paid = (via) => entries.filter((entry) => entry.via === via && entry.method !== 'OPTIONS')
    .flatMap((entry) => Object.keys(TILLS).filter((till) => entry.tills[till] === '')).map((till) => TILLS[till]);
  const ways = Object.entries(WAYS).map(([via, name]) => [name, [...new Set(paid(via))]]).filter(([, names]) => names.length);
  const held = Object.keys(TILLS).filter((till) => tills[till] === 100).map((till) => TILLS[till]);
  return {
    script: ways.length ? ways.map(([name, names]) => [`Paid by ${name}`, `till ${names.join(', ')}`, 'got']) : [['', 'nothing']],
    server: held.length ? [['Tills that held', held.join(', '), 'refused']] : [['', 'nothing']],
  };
}

function verdict({ tills }, whence) {
  const fell = Object.keys(TILLS).filter((till) => tills[till] < 100);
  const names = fell.map((till) => TILLS[till]).join(', ') || 'none of them';
  const text = `Tills that paid the attacker: ${names}. The one with all defences ${fell.includes('all') ? 'fell too' : 'held'}.`;
  if (whence === 'other') return { answer: fell.includes('lax') ? 'lax-fell' : fell.includes('none') ? 'none-fell' : 'all-held', text };
  const others = ['metadata', 'token', 'header', 'all'].some((till) => fell.includes(till));
  return { answer: others ? 'all-fell' : fell.includes('strict') ? 'strict-fell' : 'strict-held', text };
}

shell.start({});
