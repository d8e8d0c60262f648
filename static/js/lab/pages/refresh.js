/** /learn/refresh: five stories of one session. The page decides who does what when; what comes of it, the server's real code. */

import { find } from '../../dom.js';
import * as shell from '../../shell.js';
import { dropJar, end, putJar, wake } from '../clockwork.js';
import { experiment } from '../experiment.js';
import { Stopped, openBeside } from '../run.js';
import { Story, why, wipe } from '../story.js';

const on = (box, name) => find(`[data-switch="${name}"]`, box).checked;

const STORIES = {
  async replay(box) {
    const [story, first] = await Story.later(box);
    const second = await story.turn('Owner', first.refresh);
    await story.use('Owner', second.access);
    if (!on(box, 'early')) await story.pass();
    const stolen = await story.turn('Thief', first.refresh);
    if (stolen.status === 200) {
      return story.end('thief-in', `Within the window he was answered like a second tab, with generation ${stolen.generation}. He is caught at the first refresh after one of you has moved on.`);
    }
    const back = await story.turn('Owner', second.refresh);
    return story.end(back.status === 401 ? 'both-out' : 'thief-out', `The thief got ${stolen.status}, and so did the owner after him: ${why(back)}.`);
  },

  async lost(box) {
    const [story, first] = await Story.later(box);
    const lost = await story.turn('Owner', first.refresh, true);
    if (on(box, 'used')) await story.use('Whoever has the lost answer', lost.access);
    await story.pass();
    const again = await story.turn('Owner', first.refresh);
    return again.status === 200
      ? story.end('in', `The owner goes on, with generation ${again.generation}. The lost generation ${lost.generation} is passed over.`)
      : story.end('out', `Signed out: ${why(again)}. The lost answer was in use, so this was theft as far as anyone can tell.`);
  },

  async patient(box) {
    const [story, first] = await Story.begin(box);
    let held = first;
    for (let round = 0; round < 2; round += 1) {
      await story.pass();
      held = await story.turn('Thief', held.refresh);
      if (held.status !== 200) return story.end('caught', `Caught: ${why(held)}.`);
      await story.use('Thief', held.access);
    }
    if (!on(box, 'returns')) return story.end('never', `Generation ${held.generation}, and the session lives. Nothing has shown that there are two.`);
    const back = await story.turn('Owner', first.refresh);
    const next = await story.turn('Thief', held.refresh);
    return story.end(back.status === 401 && next.status === 401 ? 'caught' : 'never', `The owner came back: ${why(back)}. The thief’s next refresh: ${next.status}.`);
  },

  async copied(box) {
    const [story, first] = await Story.begin(box);
    await story.use('Thief (copied access token)', first.access);
    const out = await end(story.run);
    story.tell('The owner signs out → 204', out, [['Owner holds', 'nothing']]);
    const after = await story.use('Thief (copied access token)', first.access, !on(box, 'blind'));
    return after.status === 200
      ? story.end('works', 'An API that looks at the token alone still says 200, until it expires.')
      : story.end('refused', `Refused at once: ${why(after)}.`);
  },

  async tabs(box) {
    const second = openBeside('/bank/refresh/tab', 'lab-second-tab');
    try {
      return await twoTabs(box);
    } finally {
      second.close();
      dropJar();
    }
  },
};

async function twoTabs(box) {
  const [story, first] = await Story.later(box);
  await otherTab((data) => data.say === 'ready', { say: 'anybody?' });
  putJar({ run: story.run, refresh: first.refresh, access: first.access });
  const order = { run: story.run, token: first.refresh, window: on(box, 'window'), lock: on(box, 'lock') };
  const wakeSecond = () => otherTab((data) => data.say === 'done' && data.run === story.run, { say: 'wake', order });
  // With the lock both at the same moment. Without it the second's request is the slow one: it arrives after the first is done.
  const early = order.lock ? wakeSecond() : null;
  const one = await wake(order);
  const results = [['First tab', one], ['Second tab', (await (early ?? wakeSecond())).result]];
  results.sort(([, a], [, b]) => Number(b.sent) - Number(a.sent)); // with the lock either may be first
  for (const [who, { turn: refreshed, use: used }] of results) {
    if (refreshed) story.refreshed(who, refreshed);
    else story.tell(`${who}: sends no refresh, the jar already holds a newer token`, used, [[`${who} gets`, 'what the other tab fetched']]);
    if (refreshed && used) story.used(who, used);
  }
  // Whoever was fine before the other came is asked again: the end of a session is everybody's.
  const holds = results.findLast(([, { turn: refreshed }]) => refreshed?.access)[1].turn.access;
  const alive = await story.use('First tab', one.turn?.access ?? holds);
  const refused = results.filter(([, { turn: refreshed }]) => refreshed && refreshed.status !== 200).map(([who]) => who);
  const count = results.filter(([, { sent }]) => sent).length;
  if (alive.status !== 200) return story.end('both-out', `${refused.join(' and ')}: taken for a thief. The session has ended, and the first tab’s next request got ${alive.status}.`);
  return story.end(refused.length ? 'second-out' : 'fine', `Both tabs go on, after ${count} refresh${count === 1 ? '' : 'es'}.`);
}

const channel = new BroadcastChannel('lab-refresh');

/** Say something to the second tab, again and again, until it says what is waited for. */
function otherTab(wanted, message) {
  return new Promise((resolve, reject) => {
    const once = message.say === 'wake';
    const again = setInterval(() => { if (!once) channel.postMessage(message); }, 200);
    const late = setTimeout(() => done(reject, new Stopped('The second tab did not answer. Leave it open while the experiment runs.')), 10_000);
    const hear = ({ data }) => { if (wanted(data)) done(resolve, data); };
    function done(settle, value) {
      clearInterval(again);
      clearTimeout(late);
      channel.removeEventListener('message', hear);
      settle(value);
    }
    channel.addEventListener('message', hear);
    channel.postMessage(message);
  });
}

for (const [id, story] of Object.entries(STORIES)) {
  const box = experiment(id);
  box.run = () => story(box);
  box.clear = async () => {
    wipe(box);
    for (const one of box.querySelectorAll('[data-switch]')) one.checked = false;
  };
}
shell.start({});
