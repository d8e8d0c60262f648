/** The account page's devices: where this person is signed in, and how to end those sessions. */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, clone, fill, find, moment } from '../dom.js';
import { SessionOver } from '../../gatehouse/session.js';

const DEVICE = {
  id: 'string', current: 'boolean', client: 'string', method: 'string', device: 'string', address: 'string',
  created_at: 'string', last_used_at: 'string', ended_at: api.orNull('string'), end_reason: api.orNull('string'), bound: 'boolean',
};
const CLIENTS = { web: 'Browser', cli: 'Program or app' };
const METHODS = { password: 'with the password', oidc: 'through the identity provider', passkey: 'with a passkey' };
const ENDINGS = {
  signed_out: 'Signed out there',
  ended_by_user: 'Ended by you',
  ended_others: 'Ended by you, with all others',
  replaced: 'Replaced by a new sign-in in the same browser',
  reuse_detected: 'Ended for safety: an older copy of the sign-in was used',
  binding_lost: 'Ended for safety: its device could not prove itself',
  expired: 'Time was up',
  deactivated: 'The account was deactivated',
  password_changed: 'The password was changed',
  password_reset: 'The password was reset',
  passkey_removed: 'The passkey that it began with was removed',
  factors_removed: 'Staff removed the second factor',
  email_changed: 'The e-mail address was changed',
  identity_linked: 'A sign-in through the identity provider was added, by a mailed link',
  identity_unlinked: 'The identity provider was taken off the account',
  deleted: 'The account was deleted',
  key_dropped: 'Ended for safety: a signing key was withdrawn',
  admin: 'Ended by an administrator',
  too_many: 'Too many sessions: the oldest was ended',
};

const status = find('[data-devices-status]');
const others = find('[data-end-others]');
const more = find('[data-more-devices]');
let page = 1;
let asked = 0;
let changed = () => {};

/** @param {{changed: () => void}} on  changed: a session was ended, which the events tell of */
export function start(on) {
  changed = on.changed;
}

/** @param {{keep?: boolean}} [options]  keep: add to what is shown, rather than start again */
export async function load({ keep = false } = {}) {
  const turn = asked += 1;
  page = keep ? page + 1 : 1;
  try {
    const answer = await api.get(`/auth/sessions?page=${page}`, api.pageOf(DEVICE));
    if (turn !== asked) return; // an older question, answered late
    show(answer, keep);
    problem('');
    if (status.textContent.startsWith('Loading')) say('');
  } catch (error) {
    if (turn !== asked || error instanceof SessionOver) return;
    if (keep) page -= 1;
    problem(api.describe(error));
    say('');
  } finally {
    find('[data-devices]').removeAttribute('aria-busy');
  }
}

function show({ next, results }, keep) {
  const devices = find('[data-devices]');
  const ended = find('[data-ended]');
  if (!keep) for (const list of [devices, ended]) list.replaceChildren();
  for (const entry of results) (entry.ended_at ? ended : devices).append(row(entry));
  find('[data-ended-section]').hidden = !ended.children.length;
  others.disabled = devices.children.length < 2 && !next;
  more.hidden = !next;
}

function row(entry) {
  const part = clone('device-row');
  const device = entry.device || 'Unknown device';
  const ended = entry.ended_at && new Date(entry.ended_at);
  fill(part, {
    device,
    client: CLIENTS[entry.client] ?? entry.client,
    address: entry.address || 'unknown address',
    method: METHODS[entry.method] ?? `by ${entry.method}`,
    created_at: new Date(entry.created_at),
    last_used_at: new Date(entry.last_used_at ?? entry.created_at),
    end_name: ` the session on ${device}`,
    ended: ended ? `${ENDINGS[entry.end_reason] ?? 'Ended'}, ${moment(ended)}.` : '',
  });
  find('[data-slot="current"]', part).hidden = !entry.current;
  find('[data-slot="bound"]', part).hidden = !entry.bound || Boolean(ended);
  find('[data-slot="ended"]', part).hidden = !ended;
  const end = find('[data-end]', part);
  end.hidden = entry.current || Boolean(ended); // this device has "Sign out", above
  end.addEventListener('click', () => busy(end, () => endOne(entry.id, device)));
  return part;
}

function endOne(id, device) {
  return change(() => api.remove(`/auth/sessions/${encodeURIComponent(id)}`, api.EMPTY), `The session on ${device} has been ended.`);
}

async function endOthers() {
  const sure = await confirm({
    title: 'End all other sessions?',
    text: 'Every other browser, app and program that is signed in as you is signed out at once and must sign in again, and your personal access tokens end. This device stays signed in.',
    action: 'End all others',
  });
  if (sure) await change(() => api.post('/auth/logout-others', api.EMPTY), 'All other sessions have been ended.');
}

async function change(action, done) {
  say('');
  try {
    await action();
    say(done);
  } catch (error) {
    if (error instanceof SessionOver) return;
    say(error.status === 404 ? 'That session had ended already.' : api.describe(error));
  }
  changed();
  await load();
  if (document.activeElement === document.body) find('#devices-title').focus(); // the button went with its session
}

function say(text) {
  status.textContent = text;
}

function problem(text) {
  const box = find('[data-devices-problem]');
  box.hidden = !text;
  fill(box, { text });
}

others.addEventListener('click', () => busy(others, endOthers));
more.addEventListener('click', () => busy(more, () => load({ keep: true })));
find('[data-retry]').addEventListener('click', () => load());
