/** In a class, tells the teacher's page what was predicted: which answer, and nothing else. Everywhere else it does nothing. */

import { EMPTY, send } from '../wire.js';

const inClass = document.querySelector('meta[name="gatehouse-mode"]')?.content === 'class';

/** @param {string} experiment @param {string} answer  empty: skipped */
export async function tally(experiment, answer) {
  if (!inClass || !answer) return;
  try {
    await send('POST', '/class/predictions', EMPTY, { body: { experiment, answer } });
  } catch {
    // The experiment goes on: a prediction that is not counted costs the learner nothing.
  }
}
