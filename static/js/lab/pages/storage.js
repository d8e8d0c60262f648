/**
 * /learn/storage: five places, one attacker. Each cell is filled by what was observed: by script in the victim's tab (through a
 * channel), or by the servers of the bank and of the thief. Nothing is filled in from a table.
 */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';
import { watch } from '../bench.js';
import { experiment } from '../experiment.js';
import { evidence, newRun, openBeside, until, wait } from '../run.js';

const box = experiment('places');
const bench = watch();
const { thief } = find('[data-thief]', box).dataset;
const button = { close: find('[data-close-victim]', box), use: find('[data-use-loot]', box) };
const channel = new BroadcastChannel('lab-storage');
const chosen = () => find('input[name="place"]:checked', box).value;
const switched = (name) => (find(`[data-switch="${name}"]`, box).checked ? '1' : '0');

let current = null; // the run that is going on
let victim = null;

function fill(column, text, tone = 'plain') {
  const cell = find(`[data-place="${current.place}"] [data-cell="${column}"]`, box);
  cell.textContent = text;
  cell.dataset.tone = tone;
}

const now = (text) => { find('[data-now]', box).textContent = text; };

const HEARD = {
  reloaded: ({ status, how }) => fill('reload', status === 200 ? `yes: ${how} (200)` : `no (${status})`),
  sink: ({ message }) => {
    current.sink = true;
    fill('read', `no: the script was never loaded. ${message}`, 'good');
    fill('acted', 'no: no foreign script ran', 'good');
  },
  read: ({ where, shown }) => { current.read = true; fill('read', `yes, in ${where}: ${shown}`, 'bad'); },
  'nothing-to-read': ({ looked }) => fill('read', `no: nothing in ${looked}`, 'good'),
  blocked: ({ directive }) => { current.blocked.add(directive); },
  rode: ({ status, balance }) => {
    current.rode = status === 200;
    fill('acted', status === 200 ? `yes: paid 10 (200), ${balance} left` : `no (${status})`, status === 200 ? 'bad' : 'good');
  },
  done: () => { current.done = true; },
};
channel.addEventListener('message', ({ data }) => {
  if (data.run === current?.run) HEARD[data.what]?.(data);
});

/** The next press of a button of this experiment; fails if another place is chosen instead. */
function pressed(which) {
  which.disabled = false;
  which.focus();
  return new Promise((resolve, reject) => {
    which.addEventListener('click', resolve, { once: true });
    current.abandon = () => reject(new Error('Another place was chosen before this one was finished.'));
  }).finally(() => { which.disabled = true; });
}

box.run = async () => {
  const run = newRun();
  current = { run, place: chosen(), blocked: new Set(), read: false, rode: false, sink: false, done: false, abandon: () => {} };
  for (const cell of box.querySelectorAll(`[data-place="${current.place}"] [data-cell]`)) { cell.textContent = ''; delete cell.dataset.tone; }
  await bench;
  victim?.close();
  victim = openBeside(`/storage/victim?place=${current.place}&run=${run}&csp=${switched('csp')}&tt=${switched('tt')}`, 'lab-victim');
  now('The victim signs in, reloads, and a foreign script arrives…');
  if (!await until(() => current.done, 15_000)) throw new Error('The victim’s tab did not report back.');
  await carried();

  now(current.sink ? 'The attack failed. Close the victim’s tab all the same.' : 'The attacker is in the page. Close the victim’s tab: what is left to him?');
  await pressed(button.close);
  await closed();
  now('The tab is closed. Now the thief’s own server tries to use what it has.');
  await pressed(button.use);
  return used();
};

/** What arrived at the thief's server, and what the policy kept from it. */
async function carried() {
  const arrived = await until(async () => {
    const loot = (await evidence(current.run, 'storage')).entries.filter(({ what }) => what === 'loot');
    return loot.length || !current.read ? loot : null;
  }, current.read ? 4000 : 0) ?? [];
  await wait(300);
  const ways = (await evidence(current.run, 'storage')).entries.filter(({ what }) => what === 'loot').map(({ via }) => via);
  const blocked = current.blocked.size ? ` Blocked by ${[...current.blocked].join(', ')}.` : '';
  if (arrived.length) fill('carried', `yes, arrived by ${[...new Set(ways)].join(', ')}.${blocked}`, 'bad');
  else fill('carried', `no: the thief’s server received nothing.${blocked}`, 'good');
}

/** Close the tab, and watch whether the balance still moves. */
async function closed() {
  victim.close();
  await until(() => victim.closed, 3000);
  await wait(300); // what was on its way has arrived
  const before = (await evidence(current.run, 'storage')).balance;
  await wait(2300);
  const after = (await evidence(current.run, 'storage')).balance;
  current.stopped = before === after;
  const cell = find(`[data-place="${current.place}"] [data-cell="acted"]`, box);
  if (current.rode) cell.textContent += `. Closed at ${before}; 2 s later ${after}${current.stopped ? ': it has stopped' : ''}`;
}

async function used() {
  const { tag } = await bench;
  openBeside(`${thief}/thief?tag=${tag}&run=${current.run}`, 'lab-thief');
  const seen = await until(async () => {
    const { entries } = await evidence(current.run, 'storage');
    const use = entries.find(({ what }) => what === 'used');
    const cross = entries.find(({ what }) => what === 'cross-site');
    return use && cross ? { use, cross } : null;
  });
  if (!seen) throw new Error(`The thief’s page at ${thief} did not answer.`);
  const worked = seen.use.answers.filter(({ status }) => status === 200);
  if (worked.length) fill('later', `yes: POST /bank/account from the thief’s server, 200, ${worked.at(-1).balance} left`, 'bad');
  else fill('later', seen.use.answers.length ? `no: ${seen.use.answers.map(({ status }) => status).join(', ')}` : 'no: he has nothing to present', 'good');
  const { cookies, site } = seen.cross;
  fill('cross', cookies.length ? `yes: ${cookies.join(', ')} (${site})` : `no token cookie came (${site})`, cookies.length ? 'bad' : 'good');
  now('');
  return verdict(worked.length > 0);
}

function verdict(later) {
  if (later) return { answer: 'later', text: 'The token outlived the tab: the thief’s own server paid with it.' };
  if (current.rode) return { answer: 'visit', text: `The thief has nothing to carry away; he acted as the victim only while the tab was open${current.stopped ? ', and it stopped' : ''}.` };
  return { answer: 'never', text: 'The foreign script never ran.' };
}

box.clear = async () => { victim?.close(); now(''); };

for (const radio of box.querySelectorAll('input[name="place"]')) {
  radio.addEventListener('change', () => {
    current?.abandon();
    if (box.dataset.state === 'done') box.reset();
    location.replace(`#places-${radio.value}`);
  });
}

/** The address may name a place: #places-httponly. */
const wanted = location.hash.replace('#places-', '');
const radio = box.querySelector(`input[name="place"][value="${CSS.escape(wanted)}"]`);
if (radio) { radio.checked = true; box.scrollIntoView(); }
shell.start({});
