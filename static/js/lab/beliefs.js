/**
 * The cards of /learn: what somebody believes, where to try it, and at the end about how many that was wrong.
 *
 * What was believed is kept in this page's entry of the history: it is there on the way back from an experiment, and nowhere else.
 */

import { find } from '../dom.js';

/** @typedef {{believed: Record<number, boolean>, told: number[]}} Answers */

/** @param {HTMLElement} section */
export function beliefs(section) {
  const cards = [...section.querySelectorAll('[data-belief]')];
  const truth = cards.map(({ dataset }) => dataset.true === 'true');
  /** @type {Answers} */
  const answers = history.state?.beliefs ?? { believed: {}, told: [] };
  const judged = () => Object.keys(answers.believed).map(Number);
  const wrong = () => judged().filter((index) => answers.believed[index] !== truth[index]);
  const sentence = (index) => find('.sentence', cards[index]).textContent;
  const word = (value) => (value ? 'true' : 'false');

  function draw() {
    cards.forEach((card, index) => {
      const said = answers.believed[index];
      const told = answers.told.includes(index);
      card.dataset.state = said === undefined ? 'asking' : told ? 'told' : 'judged';
      for (const button of card.querySelectorAll('[data-believe]')) {
        button.setAttribute('aria-pressed', String(said !== undefined && button.dataset.believe === word(said)));
        button.disabled = told;
      }
    });
    const many = judged().length;
    const done = many > 0 && judged().every((index) => answers.told.includes(index));
    find('[data-tally]', section).hidden = many === 0;
    find('[data-tell-all]', section).hidden = done;
    for (const name of ['copy', 'print', 'text']) find(`[data-${name}]`, section).hidden = !done;
    find('[data-count]', section).textContent = done ? summary() : `You have judged ${many} of ${cards.length}.`;
    find('textarea', section).value = done ? text() : '';
  }

  const summary = () => `You were wrong about ${wrong().length} of ${judged().length === cards.length ? cards.length : `the ${judged().length} that you judged`}.`;

  function text() {
    const lines = judged().map((index) => `- ${sentence(index)} I said ${word(answers.believed[index])}; it is ${word(truth[index])}.`);
    return `${summary().replace('You were', 'I was').replace('you', 'I')} What I believed about tokens in browsers:\n${lines.join('\n')}`;
  }

  function keep() {
    history.replaceState({ ...history.state, beliefs: answers }, '');
    draw();
  }

  cards.forEach((card, index) => {
    for (const button of card.querySelectorAll('[data-believe]')) {
      button.addEventListener('click', () => { answers.believed[index] = button.dataset.believe === 'true'; keep(); });
    }
    find('[data-tell]', card).addEventListener('click', () => {
      answers.told.push(index);
      keep();
      find('[data-truth]', card).focus(); // the button is gone
    });
  });
  find('[data-tell-all]', section).addEventListener('click', () => {
    answers.told = judged();
    keep();
    find('[data-copy]', section).focus();
  });
  find('[data-print]', section).addEventListener('click', () => print());
  find('[data-copy]', section).addEventListener('click', () => {
    find('textarea', section).select();
    navigator.clipboard?.writeText(find('textarea', section).value).catch(() => {}); // then it is selected, and no more
  });
  draw();
}
