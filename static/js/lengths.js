/** How long a long text is, and how long it may be. Nothing is cut: what is too long is refused by the server, in its words. */

const LONG = 10_000; // characters; of a short field, half of what it takes
const number = new Intl.NumberFormat('en-GB');

/**
 * @param {ParentNode} root  with a [data-length-of] line for each such field
 * @returns {() => void}  counts once more, when the page has put another text in
 */
export function start(root) {
  const counts = [...root.querySelectorAll('[data-length-of]')].map((line) => {
    const field = document.getElementById(line.dataset.lengthOf);
    const count = () => show(line, field.value);
    field.addEventListener('input', count);
    return count;
  });
  return () => counts.forEach((count) => count());
}

function show(line, text) {
  const most = Number(line.dataset.most);
  const length = [...text].length; // as the server counts
  const over = length - most;
  line.classList.toggle('error', over > 0);
  line.textContent = length > Math.min(most / 2, LONG) ? `${number.format(length)} of at most ${number.format(most)} characters` : '';
  if (over > 0) line.textContent += `: ${number.format(over)} too many`;
}
