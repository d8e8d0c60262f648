/** In a class, tells the teacher's page what was predicted: which answer, and nothing else. Everywhere else it does nothing. */

import { EMPTY, send } from '../../gatehouse/http.js';

const inClass = document.querySelector('meta[name="gatehouse-mode"]')?.content === 'class';
let told = Promise.resolve(); // one after the other: the last choice is the one that counts

/** @param {string} experiment @param {string} answer  empty: skipped */
export function tally(experiment, answer) {
  if (!inClass || !answer) return;
  const tell = () => send('POST', '/class/predictions', EMPTY, { body: { experiment, answer } });
  told = told.then(tell).catch(() => {}); // the experiment goes on: not being counted costs the learner nothing
}
