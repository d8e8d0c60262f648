/** The account page's security events: own ones, the newest first. A few are in sight, the rest comes a page at a time. */

import * as api from '../api.js';
import { busy, find } from '../dom.js';
import { EVENT, row } from '../events.js';
import { SessionOver } from '../../gatehouse/session.js';

const IN_SIGHT = 5;

const list = find('[data-events]');
const more = find('[data-more-events]');
const status = find('[data-events-status]');
let page = 0;
let asked = 0;
let folded = true;
let last = false;

/** Show the newest events, or with `older` one more page below them. */
export async function load({ older = false } = {}) {
  const turn = asked += 1;
  const wanted = older ? page + 1 : 1;
  try {
    const { next, results } = await api.get(`/auth/events?page=${wanted}`, api.pageOf(EVENT));
    if (turn !== asked) return; // an older question, answered late
    if (!older) list.replaceChildren();
    list.append(...results.map(row));
    page = wanted;
    last = !next;
    fold();
    status.textContent = '';
  } catch (error) {
    if (turn === asked && !(error instanceof SessionOver)) status.textContent = api.describe(error);
  } finally {
    list.removeAttribute('aria-busy');
  }
}

function fold() {
  const rows = [...list.children];
  for (const one of rows) one.hidden = folded && rows.indexOf(one) >= IN_SIGHT;
  more.hidden = last && !rows.some((one) => one.hidden);
}

async function showMore() {
  if (!folded) return load({ older: true });
  folded = false;
  return fold();
}

more.addEventListener('click', () => busy(more, showMore));
