/** Security events as rows: in plain words, with advice where there is something to do. The words come with the page. */

import { clone, fill, find } from './dom.js';
import { orNull } from '../gatehouse/http.js';

/** The shapes of an event: as its owner gets it, and as staff do. */
export const EVENT = { id: 'string', kind: 'string', at: 'string', address: 'string', device: 'string' };
export const ANYONES_EVENT = { ...EVENT, user: orNull({ email: 'string' }) };

/** @param {{kind: string, at: string, address: string, device: string, user?: object|null}} event */
export function row(event) {
  const part = clone('event-row');
  fill(part, {
    words: words(event.kind),
    at: new Date(event.at),
    user: event.user ? event.user.email : '',
    where: [event.device, event.address].filter(Boolean).join(' · '),
  });
  const advice = document.querySelector('template#event-advice')?.content.querySelector(`[data-kind="${CSS.escape(event.kind)}"]`);
  if (advice) find('.log-what', part).append(advice.cloneNode(true));
  return part;
}

function words(kind) {
  return find('template#event-words').content.querySelector(`[data-kind="${CSS.escape(kind)}"]`)?.textContent ?? kind;
}
