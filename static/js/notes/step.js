/**
 * The open note as a step of the tab's history: Back closes it, Forward opens it again, and a reload finds it open. The entry holds
 * the note's id and nothing of its text.
 */

const NEW = 'new'; // an id is longer
const PATIENCE = 1000; // a browser with nowhere to go says nothing
/** @type {Promise<void>|null} */
let turning = null;

/** @returns {string|null|undefined} the note that this entry is of; null is a new one, undefined none */
export function named() {
  const { note } = history.state ?? {};
  return note === NEW ? null : note;
}

/** Another note in the place of an open one is no further step. @param {string|null} id */
export function enter(id) {
  const state = { ...history.state, note: id ?? NEW };
  if (named() === undefined) history.pushState(state, '');
  else history.replaceState(state, '');
}

/** The note has been closed. */
export function leave() {
  if (named() !== undefined) turn(-1);
}

/** The note stays open, though the person went back. */
export function stay() {
  if (named() === undefined) turn(1);
}

/** Wait until the history stands still: an entry that is made while it turns is lost. */
export const still = async () => turning;

/** @param {() => void} listener  hears of steps that the person has taken */
export function hear(listener) {
  addEventListener('popstate', () => { if (!turning) listener(); });
}

function turn(steps) {
  turning = new Promise((resolve) => {
    addEventListener('popstate', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE);
  }).finally(() => { turning = null; });
  history.go(steps);
}
