/** One run of an attack: its name, what the server saw of it, and waiting for something to happen. */

import { describe, ok, send } from '../../gatehouse/http.js';

/** A name that tells this run's evidence from every other's. */
export const newRun = () => crypto.randomUUID().replaceAll('-', '').slice(0, 20);

/** @returns {Promise<{entries: any[], balance: number}>} what the server saw */
export const evidence = (run, kind) => send('GET', `/learn/api/evidence?run=${run}&kind=${kind}`, ok({ entries: ['object'], balance: 'number' }));

export const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/**
 * Ask again and again until the answer is true in JavaScript's sense.
 * @template T
 * @param {() => Promise<T>|T} look
 * @param {number} [limit]  milliseconds; then whatever it said last
 * @returns {Promise<T>}
 */
export async function until(look, limit = 12_000) {
  for (const end = performance.now() + limit; ;) {
    const found = await look();
    if (found || performance.now() > end) return found;
    await wait(200);
  }
}

/** Why an experiment ended before its end, in words for whoever ran it. */
export class Stopped extends Error {}

/** Any failure in words. What the lab's own endpoints do not find has gone with the bench. */
export function inWords(error) {
  if (error instanceof Stopped) return error.message;
  if (error.code !== 'not_found') return describe(error);
  return 'The lab has forgotten this browser: after an hour it does. Reload the page to begin anew.';
}

/** A small window beside this one; where windows cannot be small, a tab. */
export function openBeside(address, name) {
  const opened = window.open(address, name, 'popup,width=520,height=640');
  if (!opened) throw new Stopped('The browser blocked the new window. Please allow pop-ups for this site, then run it again.');
  return opened;
}
