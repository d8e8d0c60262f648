/**
 * /learn/storage: five places, one attacker. Each cell is filled by what was observed: by script in the victim's tab (through a
 * channel), or by the servers of the bank and of the thief. Nothing is filled in from a table.
 */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';
import { watch } from '../bench.js';
import { experiment } from '../experiment.js';
import { Stopped, evidence, newRun, openBeside, until, wait } from '../run.js';
import * as theft from '../theft.js';

const box = experiment('places');
const bench = watch();
const { thief } = find('[data-thief]', box).dataset;
const button = { close: find('[data-close-victim]', box), use: find('[data-use-loot]', box) };
const channel = new BroadcastChannel('lab-storage');
const chosen = () => find('input[name="place"]:checked', box).value;
const switches = [...box.querySelectorAll('[data-switch]')];
const DEFENCES = { csp: 'CSP on', tt: 'Trusted Types on' };

let current = null; // the run that is going on
let victim = null;

/** The columns of the grid that the verdict's two columns repeat, in few words. */
const SHORT = { read: 'Token', carried: 'Carried away', acted: 'Acted as the victim', later: 'With the tab closed', cross: 'Form post from his site' };

function fill(column, text, tone = 'plain') {
  const cell = find(`[data-place="${current.place}"] [data-cell="${column}"]`, box);
  cell.textContent = text;
  cell.dataset.tone = tone;
  current.cells.set(column, { text, tone });
}

/** What the attacker got, or what was refused him: the first words of each cell of that tone. */
function column(wanted) {
  const facts = Object.entries(SHORT).filter(([name]) => current.cells.get(name)?.tone === wanted)
    .map(([name, label]) => [label, current.cells.get(name).text.split(/[:.(]/)[0].trim(), wanted]);
  return facts.length ? facts : [['', 'nothing']];
}

function empty(cells) {
  for (const cell of box.querySelectorAll(cells)) { cell.textContent = ''; delete cell.dataset.tone; }
}

const now = (text) => box.say(text);

const HEARD = {
  reloaded: ({ status, how }) => fill('reload', status === 200 ? `yes: ${how} (200)` : `no (${status})`),
  sink: ({ message }) => {
    current.sink = true;
    fill('read', `no: the script was never loaded. ${message}`, 'refused');
    fill('acted', 'no: no foreign script ran', 'refused');
  },
  read: ({ where, shown }) => { current.read = `${shown}, in ${where}`; fill('read', `yes, in ${where}: ${shown}`, 'got'); },
  'nothing-to-read': ({ looked }) => fill('read', `no: nothing in ${looked}`, 'refused'),
  blocked: ({ directive }) => { current.blocked.add(directive); },
  leaving: ({ promised }) => { current.left = true; current.promised = promised; },
  rode: ({ status, balance }) => {
    if (status === 200) current.rides += 1;
    const times = current.rides === 1 ? 'once' : `${current.rides} times`;
    fill('acted', current.rides ? `yes: paid 1, ${times} (200), ${balance} left` : `no (${status})`, current.rides ? 'got' : 'refused');
  },
  done: () => { current.done = true; },
};
channel.addEventListener('message', ({ data }) => {
  if (data.run === current?.run) HEARD[data.what]?.(data);
});

/** The next press of a button of this experiment, or `already`; fails if another place is chosen instead. */
function pressed(which, already = () => false) {
  which.disabled = false;
  which.focus();
  let watching = 0;
  return new Promise((resolve, reject) => {
    which.addEventListener('click', resolve, { once: true });
    watching = setInterval(() => { if (already()) resolve(); }, 300);
    current.abandon = () => reject(new Stopped('Another place was chosen before this one was finished.'));
  }).finally(() => { clearInterval(watching); which.disabled = true; });
}

box.run = attack;

async function attack() {
  const run = newRun();
  current = { run, place: chosen(), cells: new Map(), blocked: new Set(), read: '', rides: 0, left: false, sink: false, done: false, abandon: () => {} };
  empty(`[data-place="${current.place}"] [data-cell]`);
  find('[data-exchanges]', box).replaceChildren();
  await bench;
  victim?.close();
  const defences = switches.map(({ dataset, checked }) => `&${dataset.switch}=${Number(checked)}`).join('');
  const on = switches.filter(({ checked }) => checked).map(({ dataset }) => DEFENCES[dataset.switch]).join(', ');
  victim = openBeside(`/storage/victim?place=${current.place}&run=${run}${defences}`, 'lab-victim');
  fill('defences', on);
  now('The victim signs in, reloads, and a foreign script arrives…');
  if (!await until(() => current.done, 15_000)) throw new Stopped('The victim’s tab did not report back within 15 seconds. Leave it open until the lab’s page says so, then run it again.');
  await carried();

  now(current.sink ? 'The attack failed. Close the victim’s tab all the same.'
    : current.left ? 'The attacker has taken the victim’s tab to his own site, where it closes itself. What is left to him?'
      : 'The attacker is in the page. Close the victim’s tab: what is left to him?');
  // A tab that has gone to another site says of itself that it is closed.
  await pressed(button.close, () => victim.closed && !current.left);
  await closed();
  now('The tab is closed. Now the thief’s own server tries to use what it has.');
  await pressed(button.use);
  return used();
}

/** What arrived at the thief's server, and what the policy kept from it. */
async function carried() {
  const arrived = async () => (await evidence(current.run, 'storage')).entries.filter(({ what }) => what === 'loot');
  if (current.read) await until(async () => (await arrived()).length, 4000);
  await wait(300);
  const loot = await arrived();
  fill('carried', ...theft.carried(current, loot));
  box.add(theft.attack(current, loot));
}

/** Close the tab, and watch whether the balance still moves. */
async function closed() {
  victim.close();
  await until(() => victim.closed, 3000);
  await wait(300); // what was on its way has arrived
  const before = (await evidence(current.run, 'storage')).balance;
  await wait(2300);
  const after = (await evidence(current.run, 'storage')).balance;
  current.stopped = before === after && before > 0;
  box.add(theft.closing(current, before, after));
  const cell = find(`[data-place="${current.place}"] [data-cell="acted"]`, box);
  if (current.left) cell.textContent += '. Then he left the page, and the tab with it';
  else if (current.rides) cell.textContent += `. Closed at ${before}; 2 s later ${after}${current.stopped ? ': it has stopped' : ''}`;
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
  if (!seen) throw new Stopped(`The thief’s page at ${thief} did not answer: this browser cannot reach that address, or the page was closed too early.`);
  for (const one of [theft.use(seen.use), theft.crossing(seen.cross, thief)]) box.add(one);
  fill('later', ...theft.later(seen.use));
  fill('cross', ...theft.cross(seen.cross));
  return { ...theft.verdict(current, seen.use), script: column('got'), server: column('refused') };
}

let keep = false; // what other places have shown

box.clear = async () => {
  victim?.close();
  if (keep) return;
  empty('[data-cell]');
  for (const one of switches) one.checked = false;
};

for (const radio of box.querySelectorAll('input[name="place"]')) {
  radio.addEventListener('change', () => {
    current?.abandon();
    keep = true;
    if (box.dataset.state === 'done') box.reset().then(() => radio.focus());
    keep = false;
    location.replace(`#places-${radio.value}`);
  });
}

/** The address may name a place: #places-httponly. */
const wanted = location.hash.replace('#places-', '');
const radio = box.querySelector(`input[name="place"][value="${CSS.escape(wanted)}"]`);
if (radio) { radio.checked = true; box.scrollIntoView(); }
shell.start({});
