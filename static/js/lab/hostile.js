/**
 * The attacker's page of /learn/cross-site: six ways in which any page can make a browser send a request to another site, and a
 * WebSocket.
 *
 * It sees next to nothing of the answers. What they did is known to the bank alone, whose records the lab's page shows.
 */

import { find } from '../dom.js';
import { closeSoon } from './closing.js';

const { tag, run, lab, from } = document.body.dataset;
const query = new URLSearchParams(location.search);
const state = find('[data-state]');
const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const target = (via, todo = '') => `${lab}/bank/transfer?tag=${tag}&run=${run}&from=${from}&via=${via}&todo=${todo}`;

/** All that script of another origin learns of an answer. */
const answered = ({ type, status }) => `an answer of type ${type}, status ${status}, without a body`;

const SEEN = 'lab_seen'; // this page is left and comes back
const seen = JSON.parse(sessionStorage.getItem(SEEN) ?? '[]').filter((one) => one.run === run);

function note(via, text) {
  seen.push({ run, via, text });
  sessionStorage.setItem(SEEN, JSON.stringify(seen));
  list();
}

function list() {
  find('[data-seen-title]').hidden = !seen.length;
  find('[data-seen]').replaceChildren(...seen.map(({ via, text }) => {
    const item = document.createElement('li');
    item.textContent = `${find(`[data-send="${via}"]`).textContent}: ${text}`;
    return item;
  }));
}

const SEND = {
  /** A "simple" request: no question is asked beforehand. */
  simple: () => fetch(target('simple'), {
    method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'Content-Type': 'text/plain' }, body: '{"amount": 10}',
  }).then(answered, String),
  /** JSON is not simple: the browser asks the bank first (the CORS preflight). */
  json: () => fetch(target('json'), {
    method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body: '{"amount": 10}',
  }).then(answered, String),
  image: () => new Promise((resolve) => {
    const image = new Image();
    image.onload = image.onerror = ({ type }) => resolve(`an event, ${type}`);
    image.src = target('image');
  }),
  iframe: () => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.title = 'The bank';
    frame.onload = () => resolve('an event, load');
    frame.src = target('iframe');
    find('[data-frames]').append(frame);
    setTimeout(resolve, 1500, 'no event');
  }),
  /** Neither CORS nor a preflight: a handshake is sent, with whatever cookies SameSite lets go. */
  socket: () => new Promise((resolve) => {
    const socket = new WebSocket(target('socket').replace(/^http/, 'ws'));
    socket.onopen = socket.onerror = ({ type }) => resolve(`an event, ${type}`);
  }),
  form: (todo) => {
    const form = find('[data-form]');
    form.action = target('form', todo);
    form.submit();
  },
  link: (todo) => {
    const link = find('[data-link]');
    link.href = target('link', todo);
    link.click();
  },
};

/** One after the other; form and link leave this page, and the bank sends the tab back with what is left to do. */
async function go(todo) {
  const [via, ...rest] = todo;
  if (!via) { closeSoon(state, 'All sent. The lab’s page has the evidence.'); return; }
  state.textContent = `Sending: ${via}…`;
  if (via === 'form' || via === 'link') { SEND[via](rest.join(',')); return; }
  note(via, await SEND[via]());
  await wait(150);
  await go(rest);
}

for (const button of document.querySelectorAll('[data-send]')) {
  button.addEventListener('click', () => go([button.dataset.send]));
}
find('[data-all]').addEventListener('click', () => go(['simple', 'json', 'image', 'iframe', 'form', 'link']));

list();
if (query.has('todo')) go(query.get('todo').split(',').filter((via) => via in SEND));
