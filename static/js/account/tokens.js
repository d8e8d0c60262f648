/** The account page's personal access tokens: make one, which is shown once, and end them. */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, clone, dayOf, fill, find } from '../dom.js';
import { onSubmit } from '../forms.js';
import { SessionOver } from '../../gatehouse/session.js';

const TOKEN = {
  id: 'string', name: 'string', scopes: ['string'], created_at: 'string', expires_at: 'string', last_used_on: api.orNull('string'),
};
const OWN = { tokens: [TOKEN], scopes: ['string'], most_days: 'number' };
/** What the page offers, as far as the server allows it. */
const DAYS = [7, 30, 90, 180, 365];
const USUAL_DAYS = 90;
/** What a scope is called in words. One that is not here stands for itself. */
const SCOPES = { 'notes:read': 'read notes', 'notes:write': 'write notes', 'audit:read': 'read everyone’s security events' };

const section = find('[data-tokens-section]');
const list = find('[data-tokens]');
const form = find('[data-make-token]');
const panel = find('[data-token-panel]');
const status = find('[data-tokens-status]');
let changed = () => {};
let asked = 0;

/** @param {{changed: () => void}} on  changed: what the events tell of */
export function start(on) {
  ({ changed } = on);
  onSubmit(form, async ({ name, days }) => {
    const scopes = [...form.querySelectorAll('[name="scope"]:checked')].map((box) => box.value);
    const body = { name: name.value.trim(), scopes, days: Number(days.value) };
    const made = await api.post('/auth/personal-tokens', api.created({ ...TOKEN, token: 'string' }), body);
    form.reset();
    reveal(made);
    changed();
    await load();
  });
}

export async function load() {
  const turn = asked += 1;
  try {
    const own = await api.get('/auth/personal-tokens', api.ok(OWN));
    if (turn !== asked) return; // an older question, answered late
    show(own);
    if (status.textContent.startsWith('Loading')) status.textContent = '';
  } catch (error) {
    if (turn !== asked || error instanceof SessionOver) return;
    section.hidden = error.status === 404; // this server has none
    status.textContent = api.describe(error);
  } finally {
    list.removeAttribute('aria-busy');
  }
}

function show({ tokens, scopes, most_days: most }) {
  list.replaceChildren(...tokens.map(row));
  list.hidden = !tokens.length;
  const { days } = form.elements;
  const offered = [...new Set([...DAYS.filter((number) => number < most), Math.min(most, DAYS.at(-1))])];
  if (days.options.length !== offered.length) {
    const usual = offered.findLast((number) => number <= USUAL_DAYS) ?? offered[0];
    days.replaceChildren(...offered.map((number) => new Option(number === 1 ? 'one day' : `${number} days`, String(number), number === usual, number === usual)));
  }
  const chosen = new Set([...form.querySelectorAll('[name="scope"]:checked')].map((box) => box.value));
  find('[data-scopes]').replaceChildren(...scopes.map((scope) => choice(scope, chosen.has(scope))));
}

function choice(scope, checked) {
  const label = document.createElement('label');
  const box = document.createElement('input');
  Object.assign(box, { type: 'checkbox', name: 'scope', value: scope, checked });
  label.append(box, ` ${words(scope)}`);
  return label;
}

const words = (scope) => SCOPES[scope] ?? scope;

function row(token) {
  const part = clone('token-row');
  const expires = new Date(token.expires_at);
  fill(part, {
    name: token.name,
    scopes: token.scopes.map(words).join(', '),
    made: dayOf(new Date(token.created_at)),
    expires: `${expires < new Date() ? 'Expired' : 'Expires'} ${dayOf(expires)}`,
    used: token.last_used_on ? `last used ${dayOf(new Date(token.last_used_on))}` : 'not used yet',
    end_name: ` the token ${token.name}`,
  });
  const button = find('[data-end]', part);
  button.addEventListener('click', () => busy(button, () => end(token)));
  return part;
}

async function end({ id, name }) {
  status.textContent = '';
  try {
    const text = 'The program that uses it is refused from its next request on.';
    if (!await confirm({ title: `End the token ${name}?`, text, action: 'End it' })) return;
    await api.remove(`/auth/personal-tokens/${encodeURIComponent(id)}`, api.EMPTY);
    status.textContent = `The token ${name} has been ended.`;
  } catch (error) {
    if (error instanceof SessionOver) return;
    status.textContent = error.status === 404 ? 'That token had ended already.' : api.describe(error);
  }
  changed();
  await load();
  if (document.activeElement === document.body) find('#tokens-title').focus(); // the button went with its row
}

/** The form makes room for the token, until its person has kept it. */
function reveal({ name, token }) {
  const part = clone('token-panel');
  const said = find('[data-said]', part);
  fill(part, { name, token });
  find('[data-copy]', part).addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(token);
      said.textContent = 'The token has been copied.';
    } catch {
      said.textContent = 'This browser did not let the token be copied. Select it.';
    }
  });
  find('[data-kept]', part).addEventListener('click', () => {
    panel.replaceChildren();
    form.hidden = false;
    find('#tokens-title').focus();
  });
  const title = find('[data-token-title]', part);
  panel.replaceChildren(part);
  form.hidden = true;
  title.focus();
}
