/**
 * Eight steps, one at a time: next, back, a swipe, or an address such as #step-7. The list scrolls sideways by itself, so all of it is
 * always there, for the printer too. The token moves between browser and server as it did in what was recorded, and not before.
 */

import { find } from '../dom.js';

/**
 * @typedef {object} Travel
 * @property {('browser'|'server')[]} path  where it was, in order; empty where there was no token
 * @property {string} what
 * @property {string} text
 */

/** @param {HTMLElement} section @returns {{fill: (number: number, travel: Travel) => void, go: (number: number) => void}} */
export function player(section) {
  const list = find('[data-steps]', section);
  const dots = [...section.querySelectorAll('.dots a')];
  const chip = find('[data-chip]', section);
  const turn = { back: find('[data-back]', section), next: find('[data-next]', section) };
  /** @type {Map<number, Travel>} what has happened, by step */
  const travels = new Map();
  let current = 1;

  const place = (number) => (number - 1) * list.clientWidth;
  const shown = () => Math.round(list.scrollLeft / list.clientWidth) + 1;

  /** At once: the next press counts from here, and what moves is the token. */
  function go(number) {
    current = Math.min(Math.max(number, 1), dots.length);
    draw();
    list.scrollTo({ left: place(current), behavior: 'instant' });
  }

  function draw() {
    dots.forEach((dot, index) => {
      dot.toggleAttribute('data-done', travels.has(index + 1));
      if (index + 1 === current) dot.setAttribute('aria-current', 'step');
      else dot.removeAttribute('aria-current');
    });
    turn.back.setAttribute('aria-disabled', String(current === 1));
    turn.next.setAttribute('aria-disabled', String(current === dots.length));
    const travel = travels.get(current);
    find('[data-now]', section).textContent = travel?.text ?? 'This step has not happened yet.';
    move(travel ?? { path: [], what: '' });
  }

  function move({ path, what }) {
    chip.textContent = what;
    chip.dataset.at = path.at(-1) ?? '';
    if (path.length < 2 || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const end = chip.getBoundingClientRect().x;
    const frames = path.map((at) => {
      chip.dataset.at = at;
      return { transform: `translateX(${chip.getBoundingClientRect().x - end}px)` };
    });
    chip.animate(frames, { duration: 800 * (path.length - 1), easing: 'ease-in-out' });
  }

  /** After a swipe, or an address: what the list has come to rest at. */
  function settle() {
    if (shown() === current) return;
    current = shown();
    draw();
  }
  let resting = 0;
  list.addEventListener('scroll', () => {
    clearTimeout(resting);
    resting = setTimeout(settle, 120);
  });
  addEventListener('resize', () => list.scrollTo({ left: place(current), behavior: 'instant' }));
  turn.back.addEventListener('click', () => go(current - 1));
  turn.next.addEventListener('click', () => go(current + 1));

  /** A phone has room for one of the two sides; the other is a tap away. */
  const sides = [...section.querySelectorAll('[data-side]')];
  for (const side of sides) {
    side.addEventListener('click', () => {
      list.dataset.side = side.dataset.side;
      for (const one of sides) one.setAttribute('aria-pressed', String(one === side));
    });
  }
  list.dataset.side = 'script';
  current = shown();
  draw();

  return {
    fill(number, travel) {
      travels.set(number, travel);
      if (number === current) draw();
      else dots[number - 1].setAttribute('data-done', '');
    },
    /** Show this step, with the player filling the window. */
    go(number) {
      section.scrollIntoView({ block: 'start' });
      go(number);
    },
  };
}
