/** The demo's mailbox. It looks for new mails while it is on the screen; what is open stays open. */

import { clone, fill, find } from '../dom.js';
import * as shell from '../shell.js';
import { describe, ok, send } from '../../gatehouse/http.js';

const MAILS = ok({ results: [{ id: 'string', at: 'string', sender: 'string', to: 'string', subject: 'string', body: 'string' }] });
const EVERY = 3000;
const list = find('[data-mails]');
const count = find('[data-count]');
const shown = new Set();
let told = ''; // what the line says: how many there are, or what went wrong; each once, since it is read aloud

async function look() {
  try {
    const { results } = await send('GET', '/mail/messages', MAILS);
    const first = !shown.size;
    const added = results.filter(({ id }) => !shown.has(id));
    for (const mail of added.toReversed()) list.prepend(row(mail));
    if (added.length) find('details', list).open = true;
    if (added.length || told !== 'mails') say(results.length, first || told !== 'mails' ? 0 : added.length);
    told = 'mails';
  } catch (error) {
    if (told !== 'problem') count.textContent = describe(error);
    told = 'problem';
  } finally {
    list.removeAttribute('aria-busy');
  }
}

function say(all, added) {
  if (added) count.textContent = `${added} new`;
  else count.textContent = all ? `${all} mail${all === 1 ? '' : 's'}, the newest first` : 'No mails yet. Register, or ask for a new password, and look here.';
}

function row(mail) {
  shown.add(mail.id);
  const part = clone('mail');
  const { subject, to, sender } = mail;
  fill(part, { subject, to, sender, at: new Date(mail.at) });
  find('[data-slot="body"]', part).append(...mail.body.split('\n').flatMap((line) => [linked(line), '\n']));
  return part;
}

/** A line that is a link to our own pages becomes one; any other text stays text. */
function linked(line) {
  if (!URL.canParse(line) || new URL(line).origin !== location.origin) return line;
  const link = document.createElement('a');
  link.href = line;
  link.textContent = line;
  return link;
}

setInterval(() => { if (!document.hidden) look(); }, EVERY);
look();
shell.start({});
