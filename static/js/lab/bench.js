/**
 * This browser's bench: the server's record of what it saw, which script cannot see by itself. An hour long, then gone.
 */

import { EMPTY, ok, orNull, send } from '../../gatehouse/http.js';

/**
 * @typedef {{id: number, kind: string, request_id: string, [more: string]: any}} Entry
 * @typedef {{tag: string, expires_at: string, cursor: number, balance: number,
 *   person: {email: string, name: string, password: string}|null}} Bench
 */

const BENCH = {
  tag: 'string', expires_at: 'string', cursor: 'number', balance: 'number',
  person: orNull({ email: 'string', name: 'string', password: 'string' }),
};

let cursor = 0;

/** Open the bench, or find it again: from now on the server records this browser's requests. @returns {Promise<Bench>} */
export async function watch() {
  const bench = await send('POST', '/learn/api/watch', ok(BENCH));
  cursor = bench.cursor;
  return bench;
}

/** Forget everything. */
export async function leave() {
  await send('DELETE', '/learn/api/watch', EMPTY);
}

/** What the server has recorded since the last time. @returns {Promise<Entry[]>} */
export async function news() {
  const { entries } = await send('GET', `/learn/api/log?after=${cursor}`, ok({ entries: [{ id: 'number', kind: 'string' }] }));
  if (entries.length) cursor = entries.at(-1).id;
  return entries;
}

/**
 * Run `action` and pair what `observed` holds afterwards with the server's records.
 * @param {import('./observe.js').Observed[]} observed
 * @param {Entry[]} entries
 * @returns {{observed: import('./observe.js').Observed|null, entry: Entry|null}[]}  in the order of the requests
 */
export function pair(observed, entries) {
  const records = entries.filter((entry) => entry.kind === 'request');
  const pairs = observed.map((one) => ({
    observed: one,
    entry: records.find((entry) => entry.request_id === one.requestId) ?? null,
  }));
  const seen = new Set(pairs.map(({ entry }) => entry));
  return [...pairs, ...records.filter((entry) => !seen.has(entry)).map((entry) => ({ observed: null, entry }))];
}
