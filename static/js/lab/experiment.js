/**
 * <lab-experiment>: predict, run, look, understand, change one thing. Its content comes from the server; this moves it along.
 *
 * States, in data-state: asking (what comes after the run is hidden), running, done. Without script everything is there to read.
 *
 *   const box = experiment('read-it');               // the element's id
 *   box.run = async () => {                          // "Run" was pressed; throws or returns an outcome
 *     box.add({ title: 'document.cookie', script: [['Names', 'none']], server: [['Cookies', '2']] });
 *     // The key of the prediction that came true, one sentence, and the two columns below it.
 *     return { answer: 'no', text: 'Script saw nothing.', script: [['Names', 'none']], server: [['Cookies', '2']] };
 *   };
 *   box.clear = async () => {};                      // "Reset" was pressed
 */

import { busy, find } from '../dom.js';
import { ApiError } from '../../gatehouse/http.js';
import { exchange, show } from './evidence.js';
import { Stopped, inWords } from './run.js';
import { tally } from './tally.js';

const WAIT = 'Another experiment of this page is still running. Run this one when it has ended.';

/** @type {Promise<void>|null} The run that is going on. One at a time: all of a page share one bench, and would spoil each other's evidence. */
let running = null;

/** While this one runs the others can be reached, but not pressed. @param {HTMLElement|null} button */
function refuseAllBut(button) {
  for (const one of document.querySelectorAll('lab-experiment [data-run]')) {
    if (button && one !== button) one.setAttribute('aria-disabled', 'true');
    else one.removeAttribute('aria-disabled');
  }
}

export class LabExperiment extends HTMLElement {
  /** @type {(() => Promise<{answer: string, text: string}>)|null} */
  run = null;
  /** @type {() => Promise<void>} */
  clear = async () => {};
  /** @type {string|null} null: not asked yet; empty: skipped */
  prediction = null;

  connectedCallback() {
    this.dataset.state = 'asking';
    this.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button?.matches('[data-predict]')) this.predict(button.dataset.predict);
      if (button?.matches('[data-run]')) this.start(button);
      if (button?.matches('[data-reset]')) this.reset();
    });
  }

  predict(key) {
    this.prediction = key;
    if (this.dataset.state === 'asking') tally(this.id, key); // after the run it would be no prediction
    for (const choice of this.querySelectorAll('[data-predict]')) {
      choice.setAttribute('aria-pressed', String(choice.dataset.predict === key));
    }
  }

  /** @param {HTMLElement} button */
  async start(button) {
    if (running) { this.putOff(); return; }
    running = busy(button, () => this.go());
    refuseAllBut(button);
    try {
      await running;
    } finally {
      running = null;
      refuseAllBut(null);
    }
  }

  async go() {
    this.dataset.state = 'running';
    find('[data-glance]', this).hidden = true;
    this.say('Running…');
    find('[data-reset]', this).hidden = true; // it would take away what the run is still writing to
    try {
      this.conclude(await this.run());
    } catch (error) {
      this.dataset.state = 'asking';
      this.say(`It did not run: ${inWords(error)}`, 'bad');
      if (!(error instanceof Stopped || error instanceof ApiError)) throw error;
    } finally {
      find('[data-reset]', this).hidden = false;
      this.present();
    }
  }

  /** Say why this one does not start now; what stood there comes back when it may. */
  putOff() {
    const { textContent: text, dataset: { tone } } = find('[data-verdict]', this);
    if (this.dataset.state === 'running' || text === WAIT) return;
    this.say(WAIT);
    const back = () => { if (find('[data-verdict]', this).textContent === WAIT) this.say(text, tone); };
    running.then(back, back);
  }

  /** Add one exchange to the evidence. @param {Parameters<typeof exchange>[0] | HTMLElement} evidence */
  add(evidence) {
    find('[data-exchanges]', this).append(evidence instanceof HTMLElement ? evidence : exchange(evidence));
  }

  /** Compare with the prediction, and show what comes after. */
  conclude({ answer, text, script = [], server = [] }) {
    const choice = answer && this.querySelector(`[data-predict="${CSS.escape(answer)}"]`);
    const mine = this.prediction;
    const verdict = !mine ? '' : mine === answer ? 'As you expected. ' : `You expected: ${this.label(mine)}. `;
    for (const one of this.querySelectorAll('[data-predict]')) one.toggleAttribute('data-came-true', one === choice);
    this.dataset.state = 'done';
    this.say(`${verdict}${text}`, mine && mine !== answer ? 'surprise' : 'plain');
    const glance = find('[data-glance]', this);
    show(find('[data-facts="script"]', glance), script);
    show(find('[data-facts="server"]', glance), server);
    glance.hidden = !script.length && !server.length;
  }

  /** Bring the verdict into view. The focus comes along, unless somebody has taken it elsewhere meanwhile. */
  present() {
    const outcome = find('[data-outcome]', this);
    const focused = document.activeElement;
    if (focused === document.body || focused.closest('.run')) outcome.focus({ preventScroll: true });
    outcome.scrollIntoView({ block: 'nearest' });
  }

  async reset() {
    await this.clear();
    this.prediction = null;
    for (const one of this.querySelectorAll('[data-predict]')) {
      one.removeAttribute('aria-pressed');
      one.removeAttribute('data-came-true');
    }
    find('[data-exchanges]', this).replaceChildren();
    find('[data-evidence]', this).open = false;
    find('[data-glance]', this).hidden = true;
    find('[data-reset]', this).hidden = true;
    this.dataset.state = 'asking';
    this.say('');
    this.querySelector('[data-predict]')?.focus();
  }

  say(text, tone = 'plain') {
    const line = find('[data-verdict]', this);
    line.textContent = text;
    line.dataset.tone = tone;
  }

  label(key) {
    return this.querySelector(`[data-predict="${CSS.escape(key)}"]`)?.textContent.trim() ?? key;
  }
}

customElements.define('lab-experiment', LabExperiment);

/** @param {string} id @returns {LabExperiment} */
export const experiment = (id) => find(`lab-experiment#${CSS.escape(id)}`);
