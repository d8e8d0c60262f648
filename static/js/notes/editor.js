/**
 * The editor of one note. Its first duty is to lose nothing: a failed save, an ended session or a refused request leave the text
 * where it is, and leaving it unsaved takes a second word. An answer that comes when another text is in the form leaves that alone.
 */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, clearErrors, find, missing, showErrors } from '../dom.js';
import { SessionOver } from '../session.js';

export class NoteEditor {
  #form = find('[data-editor]');
  #on;
  /** @type {{id: string, title: string, body: string}|null} as the server has it */
  #note = null;
  /** Raised with each text that is put into the form: two new notes are both null, and yet not the same. */
  #turn = 0;

  /**
   * @param {{opened: (id: string|null) => void, closed: (deleted: boolean) => void, changed: (id: string|null) => Promise<void>,
   *   failed: (text: string) => void}} on  changed: what the list shows; with the note that is open. failed: one that is open no more
   */
  constructor(on) {
    this.#on = on;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      busy(find('button.primary', this.#form), () => this.#save());
    });
    this.#form.addEventListener('input', () => this.#say(this.unsaved ? 'Not saved yet' : ''));
    find('[data-close]').addEventListener('click', () => this.#close());
    find('[data-delete]').addEventListener('click', (event) => busy(event.currentTarget, () => this.#delete()));
  }

  get unsaved() {
    if (this.#form.hidden) return false;
    const { title, body } = this.#form.elements;
    return title.value !== (this.#note?.title ?? '') || body.value !== (this.#note?.body ?? '');
  }

  /** @param {{id: string, title: string, body: string}|null} note  null: a new one */
  async open(note) {
    if (!await this.#mayDiscard()) return;
    this.#show(note);
    this.#say('');
    this.#form.hidden = false;
    find('[data-editor-empty]').hidden = true;
    this.#on.opened(note?.id ?? null);
    this.#form.elements[note ? 'body' : 'title'].focus();
  }

  #show(note) {
    const { title, body } = this.#form.elements;
    this.#note = note;
    this.#turn += 1;
    clearErrors(this.#form);
    title.value = note?.title ?? '';
    body.value = note?.body ?? '';
    this.#name();
  }

  #name() {
    find('[data-editor-title]').textContent = this.#note ? 'Edit note' : 'New note';
    find('[data-delete]').hidden = !this.#note;
  }

  async #save() {
    const { title, body } = this.#form.elements;
    const text = { title: title.value, body: body.value };
    const errors = missing(this.#form);
    clearErrors(this.#form);
    if (Object.keys(errors).length) return showErrors(this.#form, errors);
    this.#say('Saving…');
    const turn = this.#turn;
    try {
      const saved = this.#note ? await api.patch(`/api/notes/${this.#note.id}`, text) : await api.post('/api/notes', text);
      if (turn === this.#turn) this.#keep(saved, text);
    } catch (error) {
      if (turn !== this.#turn) return this.#failed(`“${text.title}” could not be saved.`, error);
      this.#say('Not saved yet');
      return showErrors(this.#form, error.errors ?? {}, this.#refusal(error));
    }
    return this.#on.changed(this.#note?.id ?? null);
  }

  /** What was typed while the request was on its way stays, and counts as unsaved. */
  #keep(saved, text) {
    const { title, body } = this.#form.elements;
    const untouched = title.value === text.title && body.value === text.body;
    if (untouched) this.#show(saved);
    else { this.#note = saved; this.#name(); }
    this.#say(untouched ? 'Saved' : 'Not saved yet');
  }

  #failed(what, error) {
    if (!(error instanceof SessionOver)) this.#on.failed(`${what} ${api.describe(error)}`);
  }

  /** A note that is gone elsewhere becomes a new one, so that its text can still be saved. */
  #refusal(error) {
    if (error.status !== 404 || !this.#note) return `${api.describe(error)} Your text is still here.`;
    this.#note = null;
    this.#name();
    return 'This note has been deleted elsewhere. Your text is still here: save again to keep it as a new note.';
  }

  async #delete() {
    const { id, title } = this.#note;
    const sure = await confirm({ title: 'Delete this note?', text: `“${title}” will be gone for good.`, action: 'Delete note' });
    if (!sure) return;
    const turn = this.#turn;
    try {
      await api.remove(`/api/notes/${id}`);
    } catch (error) {
      if (error.status !== 404) { // gone already is as good as deleted
        if (turn === this.#turn) showErrors(this.#form, {}, api.describe(error));
        else this.#failed(`“${title}” could not be deleted.`, error);
        return;
      }
    }
    if (turn === this.#turn) this.#hide({ deleted: true });
    await this.#on.changed(this.#note?.id ?? null);
  }

  async #close() {
    if (await this.#mayDiscard()) this.#hide();
  }

  #hide({ deleted = false } = {}) {
    this.#show(null);
    this.#form.hidden = true;
    find('[data-editor-empty]').hidden = false;
    this.#on.closed(deleted);
  }

  async #mayDiscard() {
    return !this.unsaved || confirm({
      title: 'Leave without saving?', text: 'The text that you have not saved will be lost.', action: 'Discard text',
    });
  }

  #say(text) {
    find('[data-saved]', this.#form).textContent = text;
  }
}
