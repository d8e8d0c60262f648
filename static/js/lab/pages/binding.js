/** /learn/binding: one jar in two browsers. The page decides who does what when; both jars and the device's key are the server's. */

import { clone, find } from '../../dom.js';
import * as shell from '../../shell.js';
import { ok, send } from '../../../gatehouse/http.js';
import { watch } from '../bench.js';
import { experiment } from '../experiment.js';
import { dropKey, injected, makeKey, prove } from '../ride.js';
import { Stopped, newRun } from '../run.js';

/** The last second of an access token and of a companion, and when both are over: clocks may differ by five seconds. */
const [LAST, OVER] = [299, 306];
const DAY = 86_400;

/**
 * @typedef {{request: string, status: number, code: string, cause: string, signed: boolean, events: {kind: string, text: string}[]}} Answer
 * @typedef {{now: number, answers: Answer[], row: {generation: number, bound: boolean, end_reason: string}}} Step
 */
const STEP = ok({ now: 'number', answers: ['object'], row: 'object' });
const CHALLENGE = ok({ challenge: 'string' });
const PROVEN = ok({ status: 'number', cause: 'string', jkt: 'string' });

const bench = watch();
const on = (box, name) => find(`[data-switch="${name}"]`, box).checked;

/** One story of the two: every step is shown when it has happened. */
class Story {
  constructor(box, run, step) {
    Object.assign(this, { box, run, step, events: step.answers.flatMap(({ events }) => events) });
  }

  /** @param {boolean} bound */
  static async begin(box, bound) {
    await bench;
    find('[data-rows]', box).replaceChildren();
    const run = newRun();
    const story = new Story(box, run, await send('POST', '/bank/binding/start', STEP, { body: { run, bound } }));
    story.show({ owner: ['Alice signs in', ...story.step.answers.map(line)].join('\n'), thief: `copies the jar: access and refresh token${bound ? ', and the companion' : ''}` });
    return story;
  }

  /** @param {string} name @param {object} given @returns {Promise<Step>} */
  async post(name, given) {
    try {
      this.step = await send('POST', `/bank/binding/${name}`, STEP, { body: { run: this.run, ...given } });
    } catch (error) {
      if (error.code === 'not_found') throw new Stopped('Another experiment was started, in another tab, and one person serves them all. Run this one again.');
      throw error;
    }
    return this.step;
  }

  /** What the last request of this step got. @returns {Promise<Answer>} */
  async act(who, what, companion = true) {
    const { answers, row } = await this.post('act', { who, what, companion });
    if (row.end_reason === 'replaced') throw new Stopped('Another experiment ended this session, since one person serves them all. Run this one again.');
    this.events.push(...answers.flatMap(({ events }) => events));
    const last = answers.at(-1);
    const fine = last.status < 300;
    this.show({ [who]: answers.map(line).join('\n'), tone: fine ? (who === 'thief' ? 'got' : 'good') : 'refused' });
    return last;
  }

  async pass(seconds) {
    await this.post('pass', { seconds });
  }

  show({ owner = '', thief = '', tone = 'plain' }) {
    const row = clone('moment');
    for (const [slot, text] of Object.entries({ owner, thief, clock: clock(this.step.now) })) {
      const cell = find(`[data-slot="${slot}"]`, row);
      cell.textContent = text;
      if (text && slot !== 'clock') cell.dataset.tone = tone;
    }
    find('[data-rows]', this.box).append(row);
    this.box.say(`${clock(this.step.now)}…`);
  }
}

/** Minutes and seconds of the first day, or the day. */
function clock(now) {
  const [days, seconds] = [Math.floor(now / DAY), now % DAY];
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
  return days ? `${days} day${days === 1 ? '' : 's'}, ${time}` : time;
}

/** One request in words. @param {Answer} answer */
function line({ request, status, code, cause, signed, events }) {
  const asked = request.endsWith('/binding/refresh') && !signed;
  const why = asked ? 'the server sends a challenge' : [code, cause].filter(Boolean).join(': ');
  const told = events.map(({ kind }) => `; event ${kind}`).join('');
  return `${request}${signed ? ', signed by the device' : ''} → ${status}${why ? ` ${why}` : ''}${told}`;
}

/** An answer as a fact. @returns {import('../evidence.js').Fact} */
function fact(term, { status, code }, thief = false) {
  const fine = status < 300;
  // A narrow column may break the code after an underscore.
  return [term, `${status} ${code.replaceAll('_', '_\u200B')}`.trim(), fine ? (thief ? 'got' : 'good') : 'refused'];
}

async function unbound(box) {
  const returns = on(box, 'returns');
  const story = await Story.begin(box, false);
  const first = await story.act('thief', 'api');
  await story.pass(OVER);
  await story.act('thief', 'api');
  let refreshed = await story.act('thief', 'refresh');
  await story.act('thief', 'api');
  if (returns) {
    await story.pass(DAY);
    refreshed = await story.act('thief', 'refresh');
    await story.act('thief', 'api');
    const back = await story.act('owner', 'refresh');
    const after = await story.act('thief', 'api');
    const kinds = story.step.row.end_reason;
    return {
      answer: back.status === 401 && after.status === 401 ? 'caught' : 'days',
      text: `Alice’s older copy came back after a day, and the session ended for both (${kinds}). Until then the thief was in.`,
      script: [fact('Refreshes after a day', back), ['The session', `ended: ${kinds}`]],
      server: [fact('Refreshes after a day', refreshed, true), fact('API, after Alice came back', after, true)],
    };
  }
  let last = refreshed;
  for (let days = 0; last.status === 200 && days < 36; days += 6) {
    refreshed = last;
    await story.pass(6 * DAY);
    last = await story.act('thief', 'refresh');
    if (last.status === 200) await story.act('thief', 'api');
  }
  const { now, row } = story.step;
  const days = Math.floor(now / DAY);
  const alarm = story.events.map(({ kind }) => kind).join(', ');
  return {
    answer: days >= 24 ? 'days' : 'minutes',
    text: `It worked until the session’s 30 days were over, by one refresh every 6 days.${alarm ? '' : ' Nothing looked wrong.'}`,
    script: [['In those days', 'nothing: her computer was off'], ['The session', `${row.generation} generations, ${alarm || 'no event'}`]],
    server: [fact('API, at once', first, true), fact(`Refresh on day ${days - 6}`, refreshed, true), fact(`Refresh on day ${days}`, last)],
  };
}

async function bound(box) {
  const companion = !on(box, 'without');
  const story = await Story.begin(box, true);
  const first = await story.act('thief', 'api', companion);
  const step = await story.act('thief', 'step-up', companion);
  const own = await story.act('owner', 'step-up');
  await story.pass(LAST);
  const still = await story.act('thief', 'api', companion);
  await story.pass(OVER - LAST);
  await story.act('thief', 'api', companion);
  const later = await story.act('thief', 'refresh', companion);
  const renewed = await story.act('owner', 'refresh');
  const goes = await story.act('owner', 'api');
  const again = await story.act('thief', 'refresh', companion);
  const out = later.status === 403 && again.status === 403;
  const never = first.status !== 200 && still.status !== 200 && out;
  return {
    answer: never ? 'never' : out ? 'minutes' : 'days',
    text: never
      ? 'Not at all: “no companion” is never read as “not bound”.'
      : `It read for as long as the copied companion lived. The step-up was refused at once, and after ${clock(story.step.now)} everything was. Alice’s device signs and goes on.`,
    script: [fact('Step-up, at once', own), fact('Refresh, later', renewed), fact('API, later', goes)],
    server: [fact('Step-up, at once', step, true), fact('API, within five minutes', still, true), fact('Refresh, later', later, true)],
  };
}

async function ride(box) {
  await bench;
  find('[data-exchanges]', box).replaceChildren();
  const run = newRun();
  const ask = async () => (await send('POST', '/bank/binding/challenge', CHALLENGE, { body: { run } })).challenge;
  const show = (proof) => send('POST', '/bank/binding/proof', PROVEN, { body: { run, proof } });
  const said = ({ status, cause }) => [`${status}${cause ? `: ${cause}` : ': the signature is good'}`, status === 200 ? 'good' : 'refused'];

  const mine = await makeKey(on(box, 'extractable'));
  try {
    const first = await show(await prove(mine, await ask()));
    box.add({ title: 'The page makes a key and signs a first challenge', script: [['privateKey.extractable', mine.privateKey.extractable]], server: [['Proof', ...said(first)], ['Thumbprint kept', first.jkt]] });
    const { taken, refusal, proof } = await injected(ask);
    box.add({ title: 'Injected script: exportKey("jwk", privateKey)', script: [['It gets', taken ? 'the private key' : refusal, taken ? 'got' : 'refused']], server: [['It sees', 'nothing of it']] });
    const rode = await show(proof);
    box.add({ title: 'Injected script: sign(a new challenge)', script: [['It gets', rode.status === 200 ? 'a good proof' : 'nothing', rode.status === 200 ? 'got' : 'refused']], server: [['Proof', ...said(rode)]] });
    const stranger = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const other = await show(await prove(stranger, await ask()));
    box.add({ title: 'A copied jar elsewhere, without this key', script: [['It signs', 'with a key of its own']], server: [['Proof', ...said(other)]] });
    const used = rode.status === 200;
    return {
      answer: taken ? 'take' : used ? 'use' : 'nothing',
      text: taken ? 'It took the private key along: whoever has that signs anywhere, at any time.' : `It could not export the key, and could sign with it: the server said ${rode.status}. Elsewhere, without the key: ${other.status}.`,
      script: [['The key’s bytes', taken ? 'taken' : refusal, taken ? 'got' : 'refused'], ['A signature', used ? 'as often as it likes' : 'none', used ? 'got' : 'refused']],
      server: [['Injected script’s proof', ...said(rode)], ['A stranger’s proof', ...said(other)]],
    };
  } finally {
    await dropKey();
  }
}

for (const [id, story] of Object.entries({ unbound, bound, ride })) {
  const box = experiment(id);
  box.run = () => story(box);
  box.clear = async () => {
    box.querySelector('[data-rows]')?.replaceChildren();
    for (const one of box.querySelectorAll('[data-switch]')) one.checked = false;
  };
}
shell.start({});
