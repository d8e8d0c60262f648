/** The thief's desk: his server uses the loot, without any browser; then his page sends the victim's browser across. */

import { find } from '../dom.js';
import { closeSoon } from './closing.js';

const { tag, run } = document.body.dataset;
const state = find('[data-state]');

if (new URLSearchParams(location.search).has('done')) {
  closeSoon(state, 'Done. The lab’s page has the evidence.');
} else {
  state.textContent = 'My server is presenting the loot to the bank…';
  const response = await fetch(`/thief/use?tag=${tag}&run=${run}`, { method: 'POST' });
  const { answers } = await response.json();
  const said = answers.map(({ status }) => status).join(', ') || 'nothing to present';
  state.textContent = `The bank answered: ${said}. Now a form post from this site, to see what travels with it…`;
  find('[data-probe]').submit();
}
