/**
 * Evidence on the page: facts in two columns, what script could see and what the server saw. Text only ever enters as text.
 */

import { clone, find } from '../dom.js';
import { ok, orNull } from '../../gatehouse/http.js';

/** What the server says of this browser's own token cookies. */
export const INSPECTED = ok({ access: orNull('object'), refresh: orNull('object'), now: 'string' });

/**
 * @typedef {'plain'|'got'|'refused'|'good'|'secret'} Tone  each has its mark (colour is never alone), and means the same everywhere:
 *   what the attacker got, what was refused or kept from him, what passed, what script cannot see
 * @typedef {[term: string, value: unknown, tone?: Tone]} Fact
 */

/**
 * Replace the facts of a list.
 * @param {HTMLElement} list  a <dl>
 * @param {Fact[]} facts
 */
export function show(list, facts) {
  list.replaceChildren(...facts.map(([term, value, tone = 'plain']) => {
    const row = clone('lab-fact');
    find('[data-slot="term"]', row).textContent = term;
    const slot = find('[data-slot="value"]', row);
    slot.textContent = text(value);
    slot.dataset.tone = tone;
    return row;
  }));
}

/**
 * One request, or one thing that happened, as a list item of two columns.
 * @param {{title: string, script: Fact[], server: Fact[]}} exchange
 * @returns {HTMLElement}
 */
export function exchange({ title, script, server }) {
  const item = clone('lab-exchange');
  find('[data-slot="title"]', item).textContent = title;
  show(find('[data-facts="script"]', item), script);
  show(find('[data-facts="server"]', item), server);
  return item.firstElementChild;
}

/** Both columns of a request from the two records of it. */
export function ofPair({ observed, entry }) {
  const one = observed ?? entry;
  return exchange({
    title: `${one.method} ${one.path} → ${one.status || 'no answer'}`,
    script: observed ? ofObserved(observed) : [['', 'Nothing: no script of this page sent it.']],
    server: entry ? ofEntry(entry) : [['', 'No record of it.']],
  });
}

/** @param {import('./observe.js').Observed} observed @returns {Fact[]} */
export function ofObserved({ headers, body, seen, answer, milliseconds }) {
  const facts = [['Headers our code added', Object.keys(headers).join(', ') || 'none']];
  if (body) facts.push(['Body sent', body]);
  facts.push(['Set-Cookie', seen['Set-Cookie'] ?? 'null: hidden from script', 'secret']);
  if (answer) facts.push(['Body received', answer]);
  facts.push(['Took', `${milliseconds.toFixed(0)} ms, with the way there and back`]);
  return facts;
}

/** @param {import('./bench.js').Entry} entry @returns {Fact[]} */
export function ofEntry({ received, sent, steps, ms }) {
  const facts = [['Cookies that arrived', received.cookies.map(cookie).join('\n') || 'none']];
  for (const [name, value] of Object.entries(received.headers)) facts.push([name, value]);
  for (const step of steps) if (step.refused) facts.push([last(step.name), `${step.refused}: ${step.cause}`, 'refused']);
  if (sent.cookies.length) facts.push(['Set-Cookie', sent.cookies.map(cookie).join('\n'), 'secret']);
  facts.push(['Took', `${ms} ms`]);
  return facts;
}

/** A cookie without its value: name, length, attributes. */
export function cookie({ name, length, attributes = {} }) {
  const given = Object.entries(attributes).map(([key, value]) => (value === true ? key : `${key}=${value}`));
  return [`${name}=(${length} characters)`, ...given].join('; ');
}

const last = (name) => name.split('.').slice(-2).join('.');

function text(value) {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return String(value);
  const short = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  return short.length < 80 ? short : JSON.stringify(value, null, 2);
}
