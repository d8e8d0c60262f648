/** The audit page: everyone's events, for whoever has the scope audit:read. The filter stands in the address, to be shared. */

import * as api from '../api.js';
import { find } from '../dom.js';
import { ANYONES_EVENT, row } from '../events.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';

const PAGE_SIZE = 20;
// Staff may see this only in a session that is bound to its device (the setting REQUIRE_BINDING).
const UNBOUND = 'device_proof_required';
const form = find('[data-filters]');
const count = find('[data-count]');
const list = find('[data-events]');
const names = ['user', 'kind'];
let page = 1;
let shown = 1; // the page on the screen, which Previous and Next start from: pressed twice they go no further
let asked = 0;
let caughtUp = false;

async function load() {
  const turn = asked += 1;
  const query = new URLSearchParams({ page: String(page) });
  for (const name of names) if (form.elements[name].value.trim()) query.set(name, form.elements[name].value.trim());
  list.setAttribute('aria-busy', 'true');
  try {
    const answer = await api.get(`/api/audit?${query}`, api.pageOf(ANYONES_EVENT));
    if (turn === asked) show(answer);
  } catch (error) {
    if (turn !== asked || error instanceof session.SessionOver) return;
    if (error.code === UNBOUND && !caughtUp) return await catchUp();
    list.replaceChildren();
    find('[data-pager]').hidden = true;
    count.textContent = error.status === 403 && error.code !== UNBOUND ? 'Only staff may see this.' : api.describe(error);
  } finally {
    if (turn === asked) list.removeAttribute('aria-busy');
  }
}

/** The token may be older than the session's binding, as after a sign-in through an identity provider: fetch another one, once. */
async function catchUp() {
  caughtUp = true;
  await session.catchUp().catch(() => {});
  await load();
}

function show(answer) {
  shown = page;
  list.replaceChildren(...answer.results.map(row));
  count.textContent = answer.count ? `${answer.count} event${answer.count === 1 ? '' : 's'}` : 'Nothing matches.';
  const pages = Math.max(1, Math.ceil(answer.count / PAGE_SIZE));
  find('[data-pager]').hidden = pages === 1;
  find('[data-page-number]').textContent = `Page ${page} of ${pages}`;
  find('[data-previous]').disabled = page <= 1;
  find('[data-next]').disabled = page >= pages;
}

function filter() {
  page = 1;
  const query = new URLSearchParams(names.filter((name) => form.elements[name].value).map((name) => [name, form.elements[name].value]));
  history.replaceState(history.state, '', query.size ? `?${query}` : location.pathname);
  load();
}

function turn(step) {
  page = shown + step;
  load().then(() => form.scrollIntoView({ block: 'nearest' }));
}

for (const [name, value] of new URLSearchParams(location.search)) if (names.includes(name)) form.elements[name].value = value;
form.addEventListener('submit', (event) => { event.preventDefault(); filter(); });
form.elements.kind.addEventListener('change', filter);
find('[data-previous]').addEventListener('click', () => turn(-1));
find('[data-next]').addEventListener('click', () => turn(1));
find('[data-submit]').disabled = false;
shell.start({ required: true, show: load });
