/** A window that an experiment has opened closes itself when its part is over, unless somebody wants to look at it. */

const SECONDS = 6;

/**
 * @param {HTMLElement} state  where it says so
 * @param {string} text  what has happened
 */
export function closeSoon(state, text) {
  const keep = document.createElement('button');
  keep.type = 'button';
  keep.className = 'button';
  keep.textContent = 'Keep it open';
  const going = setTimeout(() => close(), SECONDS * 1000);
  keep.addEventListener('click', () => { clearTimeout(going); keep.remove(); state.textContent = text; });
  state.textContent = `${text} This window closes in ${SECONDS} seconds. `;
  state.append(keep);
}
