/**
 * The editor of one note. Its first duty is to lose nothing: a failed save, an ended session or a refused request leave the text
 * where it is, and leaving it unsaved takes a second word. An answer that comes when another text is in the form leaves that alone.
 * What was changed elsewhere meanwhile, in another tab or by a program, is not written over without a word either.
 */

import * as api from '../api.js';
import { confirm } from '../dialogs.js';
import { busy, clearErrors, clone, fill, find, missing, showErrors, shortened } from '../dom.js';
import * as lengths from '../lengths.js';
import { SessionOver } from '../../gatehouse/session.js';
import { NOTE } from './list.js';

const EMPTY = { title: '', body: '' };

/** The text that is to be saved was changed elsewhere since it was opened. */
class Overtaken extends Error {
  /** @param {{id: string, title: string, body: string, updated_at: string}} note  as the server has it now */
  constructor(note) {
    super('changed elsewhere');
    this.note = note;
  }
}

export class NoteEditor {
  #form = find('[data-editor]');
  #on;
  /** @type {{id: string, title: string, body: string}|null} as the server has it */
  #note = null;
  /** What the form held when it last was the server's text: line breaks may be others there. */
  #base = EMPTY;
  /** Raised with each text that is put into the form: two new notes are both null, and yet not the same. */
  #turn = 0;
  /** Where a version stands that was saved elsewhere meanwhile. */
  #other = find('[data-other]');
  #count = lengths.start(this.#form);

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
    find('[data-close]').addEventListener('click', () => this.close());
    find('[data-delete]').addEventListener('click', (event) => busy(event.currentTarget, () => this.#delete()));
  }

  /** @returns {string|null|undefined} the note that is open; null is a new one, undefined none */
  get id() {
    return this.#form.hidden ? undefined : this.#note?.id ?? null;
  }

  get unsaved() {
    if (this.#form.hidden) return false;
    return Object.keys(this.#changes(this.#text)).length > 0;
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
    this.#base = this.#text;
    this.#other.replaceChildren();
    this.#count();
    this.#name();
  }

  get #text() {
    const { title, body } = this.#form.elements;
    return { title: title.value, body: body.value };
  }

  /** The fields of this text that the person has changed. */
  #changes(text) {
    return Object.fromEntries(Object.entries(text).filter(([name, value]) => value !== this.#base[name]));
  }

  #name() {
    find('[data-editor-title]').textContent = this.#note ? 'Edit note' : 'New note';
    find('[data-delete]').hidden = !this.#note;
  }

  async #save() {
    const text = this.#text;
    const errors = missing(this.#form);
    clearErrors(this.#form);
    if (Object.keys(errors).length) return showErrors(this.#form, errors);
    this.#say('Saving…');
    const turn = this.#turn;
    try {
      const saved = this.#note ? await this.#change(this.#note, this.#changes(text)) : await api.post('/api/notes', api.created(NOTE), text);
      if (turn === this.#turn) this.#keep(saved, text);
    } catch (error) {
      if (turn !== this.#turn) return this.#failed(`“${shortened(text.title)}” could not be saved.`, error);
      this.#say('Not saved yet');
      if (error instanceof SessionOver) return undefined; // the page says so, and covers the text
      showErrors(this.#form, error.errors ?? {}, this.#refusal(error));
      if (!(error instanceof Overtaken)) return undefined;
    }
    return this.#on.changed(this.#note?.id ?? null);
  }

  /** Fields that the person left alone are not sent: they may be newer there than here. */
  async #change(note, changes) {
    const present = await api.get(`/api/notes/${note.id}`, api.ok(NOTE));
    const overtaken = Object.keys(changes).some((name) => present[name] !== note[name] && present[name] !== changes[name]);
    if (overtaken) throw new Overtaken(present);
    return api.patch(`/api/notes/${note.id}`, api.ok(NOTE), changes);
  }

  /** What was typed while the request was on its way stays, and counts as unsaved. */
  #keep(saved, text) {
    const now = this.#text;
    const untouched = now.title === text.title && now.body === text.body;
    if (untouched) this.#show(saved);
    else {
      this.#note = saved;
      this.#base = text;
      this.#other.replaceChildren();
      this.#name();
    }
    this.#say(untouched ? 'Saved' : 'Not saved yet');
  }

  #failed(what, error) {
    const why = error instanceof Overtaken ? 'It has been changed elsewhere meanwhile.' : api.describe(error);
    if (!(error instanceof SessionOver)) this.#on.failed(`${what} ${why}`);
  }

  /** A note that is gone elsewhere becomes a new one, so that its text can still be saved. */
  #refusal(error) {
    if (error instanceof Overtaken) return this.#overtaken(error.note);
    if (error.status !== 404 || !this.#note) return `${api.describe(error)} Your text is still here.`;
    this.#note = null;
    this.#base = EMPTY;
    this.#name();
    return 'This note has been deleted elsewhere. Your text is still here: save again to keep it as a new note.';
  }

  /** Their text is what the next Save replaces; fields that the person left alone take it over. */
  #overtaken(note) {
    const changes = this.#changes(this.#text);
    this.#show(note);
    for (const [name, value] of Object.entries(changes)) this.#form.elements[name].value = value;
    this.#count();
    this.#compare(note);
    return 'This note has been changed elsewhere since you opened it. Your text is still here: save again to put it in the place of the other version, or take that one, or add its text to yours.';
  }

  /** Show the other version beside this one. */
  #compare(note) {
    const { body } = this.#form.elements;
    const part = clone('other-version');
    fill(part, { title: note.title, updated_at: new Date(note.updated_at) });
    find('[data-text]', part).value = note.body;
    const add = find('[data-add]', part);
    add.hidden = body.value === find('[data-text]', part).value;
    add.addEventListener('click', () => {
      add.hidden = true;
      body.value = `${body.value}\n\n${note.body}`;
      this.#count();
      body.focus();
    });
    find('[data-take]', part).addEventListener('click', () => this.#take(note));
    this.#other.replaceChildren(part);
  }

  async #take(note) {
    const turn = this.#turn;
    const sure = await confirm({ title: 'Take the other version?', text: 'What you have changed here will be lost.', action: 'Take the other' });
    if (!sure || turn !== this.#turn) return;
    this.#show(note);
    this.#say('');
    this.#form.elements.body.focus();
  }

  async #delete() {
    const { id, title } = this.#note;
    const sure = await confirm({ title: 'Delete this note?', text: `“${shortened(title)}” will be gone for good.`, action: 'Delete note' });
    if (!sure) return;
    const turn = this.#turn;
    try {
      await api.remove(`/api/notes/${id}`, api.EMPTY);
    } catch (error) {
      if (error.status !== 404) { // gone already is as good as deleted
        if (turn === this.#turn) showErrors(this.#form, {}, api.describe(error));
        else this.#failed(`“${shortened(title)}” could not be deleted.`, error);
        return;
      }
    }
    if (turn === this.#turn) this.#hide({ deleted: true });
    await this.#on.changed(this.#note?.id ?? null);
  }

  /** @returns {Promise<boolean>} false if the person would rather keep what is not saved */
  async close() {
    if (this.#form.hidden) return true;
    const sure = await this.#mayDiscard();
    if (sure) this.#hide();
    return sure;
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
