/** The notes page: the list on one side, the editor on the other, and what each has to tell the other. */

import { find } from '../dom.js';
import { NoteEditor } from '../notes/editor.js';
import { NoteList } from '../notes/list.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';

const frame = find('[data-notes]');
const newButton = find('[data-new]');

const list = new NoteList({ open: (note) => editor.open(note) });
const editor = new NoteEditor({
  opened: (id) => {
    frame.dataset.editing = '';
    list.mark(id);
  },
  closed: (deleted) => {
    const row = deleted ? null : list.button(list.marked);
    delete frame.dataset.editing;
    list.mark(null);
    (row ?? newButton).focus(); // back to where the person came from
  },
  changed: (id) => {
    list.mark(id); // before it is loaded: meanwhile another may be opened
    return list.load();
  },
  failed: (text) => shell.notice(text, { action: 'Close' }),
});

newButton.addEventListener('click', () => editor.open(null));
shell.start({
  required: true,
  show: () => { list.load(); },
  unsaved: () => editor.unsaved,
});
// Another tab may have written meanwhile.
document.addEventListener('visibilitychange', () => { if (session.user() && !document.hidden) list.load({ quiet: true }); });
