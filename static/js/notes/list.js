/** The list of notes: search, pages, and its empty, loading and failed states. */

import * as api from '../api.js';
import { clone, fill, find } from '../dom.js';
import { SessionOver } from '../../gatehouse/session.js';

/** The shape of a note. */
export const NOTE = { id: 'string', title: 'string', body: 'string', updated_at: 'string' };

const PAUSE = 250; // long enough not to ask for every letter, short enough to feel immediate
const PAGE_SIZE = 20;

export class NoteList {
  #open;
  #page = 1;
  /** The page on the screen, which Previous and Next start from: pressed twice, or again after a failure, they go no further. */
  #shown = 1;
  #asked = 0;
  /** @type {string|null} */
  marked = null;

  /** @param {{open: (note: object) => void}} on */
  constructor({ open }) {
    this.#open = open;
    const search = find('#search');
    let timer;
    const begin = () => { clearTimeout(timer); this.#page = 1; this.load(); };
    search.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(begin, PAUSE); });
    find('[data-search-form]').addEventListener('submit', (event) => { event.preventDefault(); begin(); });
    find('[data-previous]').addEventListener('click', () => this.#turn(-1));
    find('[data-next]').addEventListener('click', () => this.#turn(1));
    find('[data-retry]').addEventListener('click', () => this.load());
  }

  /**
   * Fetch and show the current page. While it is on its way the old one stays, so that nothing jumps.
   * @param {{quiet?: boolean}} [options]  quiet: if it cannot be fetched, the old one stays without a word
   */
  async load({ quiet = false } = {}) {
    const asked = this.#asked += 1;
    const list = find('[data-list]');
    const search = find('#search').value.trim();
    const query = new URLSearchParams({ page: String(this.#page), ...(search && { search }) });
    list.setAttribute('aria-busy', 'true');
    try {
      const answer = await api.get(`/api/notes?${query}`, api.pageOf(NOTE));
      if (asked !== this.#asked) return; // an older question, answered late
      this.#show(answer, search);
      this.#problem('');
    } catch (error) {
      if (asked !== this.#asked || error instanceof SessionOver) return;
      if (error.status === 404 && this.#page > 1) { // the last note of the last page has just gone
        this.#page -= 1;
        await this.load();
        return;
      }
      if (!quiet) this.#problem(api.describe(error));
    } finally {
      if (asked === this.#asked) list.removeAttribute('aria-busy');
    }
  }

  /** @param {string|null} id of the note that is open in the editor */
  mark(id) {
    this.marked = id;
    for (const button of find('[data-list]').querySelectorAll('[data-open]')) {
      if (button.dataset.open === id) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  }

  /** @param {string|null} id */
  button(id) {
    return id && find('[data-list]').querySelector(`[data-open="${CSS.escape(id)}"]`);
  }

  #show({ count, results }, search) {
    this.#shown = this.#page;
    find('[data-list]').replaceChildren(...results.map((note) => this.#row(note)));
    this.mark(this.marked);
    const notes = `${count} ${count === 1 ? 'note' : 'notes'}`;
    let text = search ? `${notes} with “${search}”` : notes;
    if (!count) text = search ? `No note has “${search}” in it.` : 'You have no notes yet. Press “New note” to write the first.';
    find('[data-count]').textContent = text;
    const pages = Math.max(1, Math.ceil(count / PAGE_SIZE));
    find('[data-pager]').hidden = pages === 1 && this.#page === 1;
    find('[data-page-number]').textContent = `Page ${this.#page} of ${pages}`;
    find('[data-previous]').disabled = this.#page <= 1;
    find('[data-next]').disabled = this.#page >= pages;
  }

  #row(note) {
    const row = clone('note-row');
    fill(row, { title: note.title || 'Untitled', body: note.body, updated_at: new Date(note.updated_at) });
    const button = find('[data-open]', row);
    button.dataset.open = note.id;
    button.addEventListener('click', () => this.#open(note));
    return row;
  }

  #problem(text) {
    const box = find('[data-problem]');
    box.hidden = !text;
    fill(box, { text });
    if (text) find('[data-count]').textContent = 'Your notes could not be loaded.';
  }

  #turn(step) {
    this.#page = this.#shown + step;
    this.load().then(() => find('#search').scrollIntoView({ block: 'nearest' }));
  }
}
