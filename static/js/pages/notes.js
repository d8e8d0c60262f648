/** The notes page: the list on one side, the editor on the other, and what each has to tell the other. */

import * as api from '../api.js';
import { find } from '../dom.js';
import { NoteEditor } from '../notes/editor.js';
import { NOTE, NoteList } from '../notes/list.js';
import * as step from '../notes/step.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';

const frame = find('[data-notes]');
const newButton = find('[data-new]');

const list = new NoteList({ open });
const editor = new NoteEditor({
  opened: (id) => {
    frame.dataset.editing = '';
    list.mark(id);
    step.enter(id);
  },
  closed: (deleted) => {
    const row = deleted ? null : list.button(list.marked);
    delete frame.dataset.editing;
    list.mark(null);
    (row ?? newButton).focus(); // back to where the person came from
    step.leave();
  },
  changed: (id) => {
    list.mark(id); // before it is loaded: meanwhile another may be opened
    if (editor.id !== undefined) step.enter(id); // a new one has its id now
    return list.load();
  },
  failed: (text) => shell.notice(text, { action: 'Close' }),
});

async function open(note) {
  await step.still();
  await editor.open(note);
}

/** What this entry of the history is of, after a step or a reload. */
async function follow() {
  const id = step.named();
  if (id === editor.id) return;
  if (id === undefined) {
    if (!await editor.close()) step.stay();
    return;
  }
  try {
    if (id === null) step.leave(); // a new note that was never saved is no more
    else {
      const note = await api.get(`/api/notes/${id}`, api.ok(NOTE));
      if (step.named() === id && editor.id === undefined) await open(note); // else the person was faster
    }
  } catch (error) {
    if (error instanceof session.SessionOver) return;
    if (step.named() === id) step.leave();
    if (error.status !== 404) shell.notice(api.describe(error), { action: 'Close' });
  }
}

newButton.addEventListener('click', () => open(null));
// While the page is covered nobody can be asked what shall become of the text.
step.hear(() => { if (!session.waits()) follow(); });
shell.start({
  required: true,
  show: () => {
    list.load();
    if (editor.id === undefined) follow();
  },
  unsaved: () => editor.unsaved,
});
// Another tab may have written meanwhile.
document.addEventListener('visibilitychange', () => { if (session.user() && !document.hidden) list.load({ quiet: true }); });
