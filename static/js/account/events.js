/** The account page's security events: own ones, newest first, a page at a time. */

import * as api from '../api.js';
import { busy, find } from '../dom.js';
import { EVENT, row } from '../events.js';
import { SessionOver } from '../../gatehouse/session.js';

const more = find('[data-more-events]');
const status = find('[data-events-status]');
let page = 0;
let asked = 0;

/** Show the newest events, or with `older` one more page below them. */
export async function load({ older = false } = {}) {
  const turn = asked += 1;
  const wanted = older ? page + 1 : 1;
  try {
    const { next, results } = await api.get(`/auth/events?page=${wanted}`, api.pageOf(EVENT));
    if (turn !== asked) return; // an older question, answered late
    const list = find('[data-events]');
    if (!older) list.replaceChildren();
    list.append(...results.map(row));
    page = wanted;
    more.hidden = !next;
    status.textContent = '';
  } catch (error) {
    if (turn === asked && !(error instanceof SessionOver)) status.textContent = api.describe(error);
  } finally {
    find('[data-events]').removeAttribute('aria-busy');
  }
}

more.addEventListener('click', () => busy(more, () => load({ older: true })));
