/**
 * The few things pages do with the DOM: find, clone a <template>, set text. Text only ever enters by textContent, so nothing a
 * person typed can become markup (Trusted Types forbid the other ways, see the Content-Security-Policy).
 */

/**
 * The one element that must be there: a template and its script that disagree should fail at once and by name.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {any}
 */
export function find(selector, root = document) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`This page has no ${selector}`);
  return element;
}

/** @param {string} id of a <template>; returns a copy of its content */
export function clone(id) {
  return find(`template#${id}`).content.cloneNode(true);
}

/**
 * Put texts into the elements marked data-slot. A <time> also gets its machine-readable value.
 * @param {ParentNode} root
 * @param {Record<string, string|Date|null>} values
 */
export function fill(root, values) {
  for (const [name, value] of Object.entries(values)) {
    const slot = find(`[data-slot="${name}"]`, root);
    if (value instanceof Date) slot.dateTime = value.toISOString();
    slot.textContent = value instanceof Date ? moment(value) : value ?? '';
  }
}

const LINE = 80;

/** The beginning of a text, where it stands in a sentence. @param {string} text */
export function shortened(text) {
  const letters = [...text];
  return letters.length > LINE ? `${letters.slice(0, LINE).join('').trimEnd()}…` : text;
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** @param {Date} date */
export const dayOf = (date) => day.format(date);

/** @param {Date} date */
export function moment(date) {
  const today = new Date().toDateString() === date.toDateString();
  return `${today ? 'today' : day.format(date)}, ${clock.format(date)}`;
}

/** @param {HTMLElement} button  lets the password field that it controls be read, or hides it again */
export function showPassword(button) {
  const field = document.getElementById(button.getAttribute('aria-controls'));
  const visible = field.type === 'text';
  field.type = visible ? 'password' : 'text';
  button.setAttribute('aria-pressed', String(!visible));
}

/**
 * Run an action of a button that must not be pressed twice. It stays focusable, unlike a disabled one.
 * @template T
 * @param {HTMLElement} button
 * @param {() => Promise<T>} action
 * @returns {Promise<T|undefined>}
 */
export async function busy(button, action) {
  if (button.getAttribute('aria-busy') === 'true') return undefined;
  button.setAttribute('aria-busy', 'true');
  try {
    return await action();
  } finally {
    button.removeAttribute('aria-busy');
  }
}

/**
 * Show a form's errors where they belong and take the person to the first one.
 * @param {HTMLFormElement} form
 * @param {Record<string, string[]>} errors  by field name; an unknown name goes to the form's own line
 * @param {string} [general]
 */
export function showErrors(form, errors, general = '') {
  const rest = [];
  clearErrors(form);
  for (const [field, texts] of Object.entries(errors)) {
    const line = form.querySelector(`[data-error-for="${field}"]`);
    if (!line) { rest.push(...texts); continue; }
    const input = form.elements.namedItem(field);
    line.textContent = texts.join(' ');
    input.setAttribute('aria-invalid', 'true');
    // It was said of another value than the one that is typed from now on.
    input.addEventListener('input', () => clearError(input, line), { once: true });
    input.dispatchEvent(new Event('refused'));
  }
  const first = form.querySelector('[aria-invalid="true"]');
  find('[data-form-error]', form).textContent = [first ? '' : general, ...rest].join(' ').trim();
  first?.focus();
}

function clearError(input, line) {
  line.textContent = '';
  input.removeAttribute('aria-invalid');
}

/** @param {HTMLFormElement} form */
export function clearErrors(form) {
  for (const line of form.querySelectorAll('[data-error-for], [data-form-error]')) line.textContent = '';
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}

/**
 * What the browser itself finds wrong with a form, in our words and places rather than in its bubbles.
 * @param {HTMLFormElement} form
 * @returns {Record<string, string[]>}
 */
export function missing(form) {
  const invalid = [...form.elements].filter((field) => field.name && !field.validity.valid);
  return Object.fromEntries(invalid.map((field) => [field.name, [complaint(field)]]));
}

function complaint(field) {
  if (field.validity.valueMissing) return `Please enter the ${field.labels[0].textContent.toLowerCase()}.`;
  if (field.validity.typeMismatch && field.type === 'email') return 'Please enter a whole address, such as name@example.com.';
  return field.validationMessage;
}
