/** Password fields: show what is typed, and say how good a new one is. Pasting and password managers are left alone. */

import { find, showPassword } from './dom.js';
import { strength } from './strength.js';

const NAMES = ['Too short', 'Easy to guess', 'Good', 'Strong'];

/**
 * @param {ParentNode} [root]
 * @param {() => string[]} [own]  the person's name and e-mail, as far as the page knows them
 * @returns {() => void}  judges what is typed once more, when the page has learnt of them
 */
export function start(root = document, own = () => []) {
  const meters = [];
  for (const button of root.querySelectorAll('[data-show-password]')) {
    button.addEventListener('click', () => showPassword(button));
  }
  for (const meter of root.querySelectorAll('[data-strength]')) {
    const field = document.getElementById(meter.dataset.strength);
    const judge = () => show(meter, field.value, own());
    meters.push(judge);
    field.addEventListener('input', judge);
    field.addEventListener('refused', () => {
      if (field.value) meter.dataset.level = '1';
      tell(meter, '', ''); // the field's line says why: once is enough
    });
    field.form.addEventListener('reset', () => setTimeout(judge));
    judge();
  }
  return () => meters.forEach((judge) => judge());
}

function show(meter, password, own) {
  const { level, text } = strength(password, own);
  meter.dataset.level = password ? String(level) : '';
  tell(meter, text, password ? `${NAMES[level]}.` : '');
}

function tell(meter, text, name) {
  find('[data-slot="text"]', meter).textContent = text;
  // Read out when the verdict changes, not at every letter.
  const verdict = find('[data-slot="verdict"]', meter);
  if (verdict.textContent !== name) verdict.textContent = name;
}
