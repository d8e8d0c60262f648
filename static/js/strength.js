/**
 * How good a password is, judged in the browser: nothing typed leaves the page. It is advice while typing; the server judges for
 * itself, with longer lists. What can be guessed as one piece (a known word, a name, a run, a repetition) counts as one letter.
 */

export const LEAST = 15;

const COMMON = ('password passwort passw0rd welcome iloveyou sunshine princess football baseball dragon monkey letmein trustno1 '
  + 'superman batman master shadow michael charlie jordan hunter secret summer winter spring autumn computer internet login admin '
  + 'administrator starwars whatever freedom qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm gatehouse changeme default').split(' ');
const PHRASE = 'correcthorsebatterystaple'; // everybody's example (xkcd 936)
const FEW = 8;
const RUNS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/**
 * @typedef {{level: 0|1|2|3, text: string}} Strength  0 is refused for sure, 1 most likely
 * @param {string} password
 * @param {string[]} [own]  what a guesser who knows the person would try: name and e-mail
 * @returns {Strength}
 */
export function strength(password, own = []) {
  const length = [...password.normalize('NFC')].length; // as the server counts
  if (!length) return { level: 0, text: `At least ${LEAST} characters. Four or more unrelated words are easy to keep in mind.` };
  if (length < LEAST) return { level: 0, text: `${length} of at least ${LEAST} characters.` };
  const rest = unguessable(password.toLowerCase(), own);
  if (rest.size < 5 || rest.length < FEW || isFirstGuess(password, own)) return { level: 1, text: 'Long enough, but easy to guess: known words, names, repeats or runs.' };
  if (rest.length < 14) return { level: 2, text: 'Good.' };
  return { level: 3, text: 'Strong.' };
}

/** The server's two rules (accounts/people/password_rules.py): little more than what is ours or yours, or a common word in a frame. */
function isFirstGuess(password, own) {
  const plain = lettersAndDigits(password);
  const words = ['gatehouse', PHRASE, ...parts(own).map(lettersAndDigits)].filter((word) => word.length > 2);
  const rest = words.sort((a, b) => b.length - a.length).reduce((text, word) => text.replaceAll(word, ' '), plain);
  const core = lettersAndDigits(password.replace(/^\P{L}+|\P{L}+$/gu, '')).replace(/^(.+?)\1+$/u, '$1');
  return (rest !== plain && rest.replaceAll(' ', '').length < FEW) || COMMON.includes(core);
}

function lettersAndDigits(text) {
  return text.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function parts(own) {
  return own.flatMap((entry) => [entry, ...entry.split(/[\s@.]+/)]);
}

function unguessable(text, own) {
  const words = [...COMMON, ...parts(own)];
  let rest = text;
  for (const word of words.map((entry) => entry.toLowerCase()).filter((entry) => entry.length > 2).sort((a, b) => b.length - a.length)) {
    rest = rest.replaceAll(word, '*');
  }
  rest = rest.replace(/(.{1,20}?)\1+/gu, '$1'); // abcabcabc is abc
  const letters = [...rest].filter((letter, at, all) => !continues(all[at - 1], letter));
  return { length: letters.length, size: new Set(letters).size };
}

/** Does `letter` only go on with a run that `before` began? */
function continues(before, letter) {
  if (!before) return false;
  return RUNS.some((run) => run.includes(before + letter) || run.includes(letter + before));
}
