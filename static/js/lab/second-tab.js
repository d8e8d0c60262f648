/** The second of two tabs that wake at once: the same code as in the first, in a page of its own. */

import { find } from '../dom.js';
import { wake } from './clockwork.js';

const channel = new BroadcastChannel('lab-refresh');
const state = find('[data-state]');

channel.addEventListener('message', async ({ data }) => {
  if (data.say === 'anybody?') channel.postMessage({ say: 'ready' });
  if (data.say !== 'wake') return;
  state.textContent = 'Awake: refreshing…';
  const result = await wake(data.order);
  channel.postMessage({ say: 'done', run: data.order.run, result });
  state.textContent = 'Done.';
});
channel.postMessage({ say: 'ready' });
