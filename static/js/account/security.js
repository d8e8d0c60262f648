/** The account page's "Sign-in and security": what there is, what is missing, and what a required second factor still wants. */

import * as api from '../api.js';
import { destination } from '../destination.js';
import { busy, fill, find } from '../dom.js';
import * as session from '../../gatehouse/session.js';
import * as app from './app.js';
import * as passkeys from './passkeys.js';
import * as recovery from './recovery.js';

const status = find('[data-security-status]');
const banner = find('[data-enrolment]');
/** Where the person was when a second factor was asked for. */
const next = new URLSearchParams(location.search).get('next');
const OTHERS_STAY = ' Your other devices stay signed in. If somebody may know your password, end them under Devices below.';
/** The addresses with which a second factor is set up. */
const OWN = /^\/auth\/(passkeys|totp|recovery-codes)/;

let wanted = false;
let opened = () => {};
let changed = () => {};
let asked = 0;
/** Whether a second factor was set up when last looked at. */
let had = false;

/**
 * @param {object} page
 * @param {() => void} page.changed  something happened that devices and events tell of
 * @param {() => void} page.opened  what a required second factor kept closed is open now
 */
export function start(page) {
  ({ changed, opened } = page);
  const parts = { changed: (stronger) => reload(stronger) };
  for (const part of [passkeys, app, recovery]) part.start(parts);
  api.onEnrolmentWanted((path) => { if (!OWN.test(path)) demand(); });
  const confirm = find('[data-confirm-factor]');
  confirm.addEventListener('click', () => busy(confirm, confirmFactor));
}

export async function load() {
  const turn = asked += 1;
  try {
    const found = await api.factors();
    if (turn === asked) show(found);
  } catch (error) {
    if (turn === asked && !(error instanceof session.SessionOver)) status.textContent = api.describe(error);
  }
}

function show(found) {
  const any = found.passkeys.length > 0 || found.totp !== null;
  had = any;
  const recoverable = found.passkeys.length > 1 || found.recovery_codes_left > 0;
  status.textContent = describe(any, recoverable);
  passkeys.show(found, any);
  app.show(found, any);
  recovery.show(found, any);
  find('[data-confirm-factor]').hidden = !wanted || !any;
  if (wanted) {
    fill(banner, {
      enrolment: any
        ? 'This account has a second factor, and this device has not shown it yet. Until it has, nothing else is open here.'
        : 'This account must have a second factor. Until you have set one up below, nothing else is open here.',
    });
  }
}

function describe(any, recoverable) {
  if (!any) return 'You have no second factor yet.';
  return recoverable ? 'Your second factor is set up.' : 'Your second factor is set up, and there is no second way in yet: make recovery codes.';
}

/** @param {boolean} [stronger]  this session has proven more than before: its tokens should say so */
async function reload(stronger = false) {
  const first = stronger && !had;
  if (stronger) await open();
  await load();
  if (first && !find('[data-end-others]').disabled) status.textContent += OTHERS_STAY;
  changed();
}

/** This account must have a second factor, and this session has proven none. */
function demand() {
  if (wanted) return;
  wanted = true;
  banner.hidden = false;
  for (const part of document.querySelectorAll('[data-closed]')) part.hidden = true;
  load();
}

async function open() {
  await session.catchUp();
  if (!wanted) return;
  wanted = false;
  for (const part of document.querySelectorAll('[data-closed]')) part.hidden = false;
  fill(banner, { enrolment: 'Done: everything is open. Make recovery codes before you go on, so that you have a second way in.' });
  find('[data-confirm-factor]').hidden = true;
  Object.assign(find('[data-go-on]'), { hidden: false, href: destination(next) });
  opened();
}

async function confirmFactor() {
  try {
    await api.stepUp();
    await reload(true);
  } catch (error) {
    if (!(error instanceof session.SessionOver)) status.textContent = api.describe(error);
  }
}
