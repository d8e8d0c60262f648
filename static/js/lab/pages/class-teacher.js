/** /class/teacher: the code for the projector and a live tally of predictions. What is open stays open. */

import { confirm } from '../../dialogs.js';
import { busy, clone, fill, find } from '../../dom.js';
import { onSubmit } from '../../forms.js';
import * as shell from '../../shell.js';
import { EMPTY, ok, send } from '../../../gatehouse/http.js';

const ANSWER = { label: 'string', count: 'number' };
const TALLY = ok({ code: 'string', pupils: 'number', experiments: [{ id: 'string', question: 'string', answers: [ANSWER] }] });
const EVERY = 2000;
const inside = find('[data-inside]');
const list = find('[data-tallies]');

function show({ code, pupils, experiments }) {
  find('[data-door]').hidden = true;
  inside.hidden = false;
  fill(inside, { code, pupils: String(pupils) });
  find('[data-nothing]').hidden = experiments.length > 0;
  const ids = new Set(experiments.map(({ id }) => id));
  for (const one of [...list.children]) if (!ids.has(one.dataset.experiment)) one.remove();
  for (const { id, question, answers } of experiments) {
    const box = list.querySelector(`[data-experiment="${CSS.escape(id)}"]`) ?? add(id);
    const predicted = answers.reduce((sum, { count }) => sum + count, 0);
    fill(box, { question, predicted: `${predicted} of ${pupils}` });
    find('[data-answers]', box).replaceChildren(...answers.map((answer) => line(answer, predicted)));
  }
}

function add(id) {
  list.append(clone('tally'));
  list.lastElementChild.dataset.experiment = id;
  return list.lastElementChild;
}

function line({ label, count }, most) {
  const part = clone('tally-answer');
  fill(part, { label, count: String(count) });
  const bar = find('meter', part);
  Object.assign(bar, { max: Math.max(most, 1), value: count });
  bar.setAttribute('aria-label', label);
  return part;
}

async function look() {
  try {
    show(await send('GET', '/class/tally', TALLY));
  } catch (error) {
    if (error.code === 'not_found') find('[data-door]').hidden = !(inside.hidden = true);
  }
}

async function startAgain() {
  const words = {
    title: 'Start a new class?',
    text: 'Everybody’s account, mails, experiments and predictions are deleted, and there is another code.',
    action: 'Delete and start',
  };
  if (await confirm(words)) show(await send('POST', '/class/tally', TALLY));
}

onSubmit(find('[data-open]'), async ({ secret }) => {
  await send('POST', '/class/teacher/session', EMPTY, { body: { secret: secret.value.trim() } });
  secret.value = '';
  await look();
});
find('[data-new]').addEventListener('click', ({ currentTarget }) => busy(currentTarget, startAgain));
setInterval(() => { if (!document.hidden && !inside.hidden) look(); }, EVERY);
look();
shell.start({});
