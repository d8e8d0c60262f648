/** One story of a lab session: it takes steps and shows each, with the session's row as it then stands in the table. */

import { clone, find } from '../dom.js';
import { watch } from './bench.js';
import { OUTWAIT, start, turn, use } from './clockwork.js';
import { Stopped, newRun, wait } from './run.js';

const bench = watch();

/** One story in one experiment: it takes steps and shows each, with the row as it then stands. */
export class Story {
  constructor(box) {
    this.box = box;
    this.run = newRun();
    /** @type {Record<string, unknown>|null} as it was last drawn */
    this.row = null;
    /** @type {Map<string, import('./evidence.js').Fact>} what each one got at last */
    this.got = new Map();
    /** @type {import('./evidence.js').Fact[]} what the server judged and wrote down */
    this.did = [];
  }

  static async begin(box) {
    await bench;
    const story = new Story(box);
    wipe(box);
    const first = await start(story.run);
    story.tell('The owner signs in', first, [['Owner holds', 'generation 1']]);
    return [story, first];
  }

  /** The same, some time later: a refresh right after the sign-in would be answered with the same generation. */
  static async later(box) {
    const begun = await Story.begin(box);
    await begun[0].pass();
    return begun;
  }

  /** @param {string} who @param {string} token @param {boolean} [lost]  whether the answer gets lost on its way */
  async turn(who, token, lost = false) {
    const step = await turn(this.run, token);
    this.refreshed(who, step, lost && step.status === 200);
    return step;
  }

  refreshed(who, step, lost = false) {
    const fine = step.status === 200;
    const tone = !fine ? 'refused' : who.startsWith('Thief') ? 'got' : 'plain';
    const got = lost ? `nothing: the answer with generation ${step.generation} was lost` : fine ? `a new pair, generation ${step.generation}` : 'nothing';
    this.got.set(who, [who, got, tone]);
    this.tell(`${who}: refresh with generation ${step.presented} → ${step.status}${lost ? ', answer lost' : ''}`, step, [[`${who} gets`, got, tone]]);
  }

  async use(who, token, look = true) {
    const step = await use(this.run, token, look);
    this.used(who, step);
    return step;
  }

  used(who, step) {
    const tone = step.status !== 200 ? 'refused' : who.startsWith('Thief') ? 'got' : 'plain';
    const got = step.status === 200 ? 'the answer' : 'nothing';
    // The answer shows that the tokens work; that there are tokens is told already.
    if (step.status !== 200 || !this.got.has(who)) this.got.set(who, [who, `API request → ${step.status}: ${got}`, tone]);
    this.tell(`${who}: API request with the access token → ${step.status}`, step, [[`${who} gets`, got, tone]]);
  }

  tell(title, step, script) {
    const { row } = step;
    if (row.end_reason === 'replaced') throw new Stopped('Another experiment was started, in another tab, and one person serves them all: it ended this session. Run this one again.');
    const server = [];
    if (step.verdict) {
      server.push(['judge() said', step.verdict]);
      this.did.push(['Judged', step.verdict]);
    }
    for (const { kind, text } of step.events) {
      server.push(['Event written', `${kind}: ${text}`]);
      this.did.push(['Event written', kind]);
    }
    if (step.cause) server.push(['Cause', step.cause, 'refused']);
    server.push(['Row', `generation ${row.generation}, previous ${row.previous_generation ?? 'null'}, ${row.ended ? `ended: ${row.end_reason}` : 'alive'}`]);
    this.box.add({ title, script, server });
    this.draw(title, row);
    this.box.say(`${title}…`);
  }

  /** The end of it: the answer and the sentence, with what each one got and what the server did last. */
  end(answer, text) {
    const { generation, ended, end_reason: reason } = this.row;
    const session = ended === 'set' ? `ended: ${reason}` : `lives, generation ${generation}`;
    return { answer, text, script: [...this.got.values()], server: [...this.did.slice(-2), ['The session', session]] };
  }

  /** The row as it stands after this step, under what it was before; what has changed is marked. */
  draw(title, row) {
    const shown = {
      generation: row.generation,
      previous_generation: row.previous_generation ?? 'null',
      confirmed: row.confirmed ? 'set' : 'null',
      ended: row.ended ? 'set' : 'null',
      end_reason: row.end_reason || '–',
    };
    const piece = clone('session-row');
    find('[data-slot="step"]', piece).textContent = title;
    for (const [column, value] of Object.entries(shown)) {
      const cell = find(`[data-column="${column}"]`, piece);
      cell.textContent = String(value);
      cell.toggleAttribute('data-changed', this.row !== null && this.row[column] !== value);
    }
    this.row = shown;
    find('[data-session]', this.box).hidden = false;
    find('[data-rows]', this.box).append(piece);
    find('[data-generations]', this.box).replaceChildren(...Array.from({ length: row.generation }, (_, index) => generation(index + 1, row)));
  }

  async pass() {
    this.box.say('Waiting until the window of 2 s has passed…');
    await wait(OUTWAIT);
  }
}

/** Why a step was refused, in a sentence: what stands beside the step is the log's own line. */
export function why({ cause }) {
  return cause
    .replace(/^generation (\d+) came back at (\d+)$/, 'generation $1 was used although generation $2 was current')
    .replace(/^ended: (\w+)$/, 'the session had ended ($1)');
}

function generation(number, row) {
  const item = document.createElement('li');
  item.dataset.state = row.ended ? 'revoked' : number === row.generation ? 'current' : 'used';
  item.textContent = `generation ${number}: ${item.dataset.state}`;
  return item;
}

/** Take a story off the page. */
export function wipe(box) {
  for (const place of ['[data-exchanges]', '[data-rows]', '[data-generations]']) find(place, box).replaceChildren();
  find('[data-session]', box).hidden = true;
}
