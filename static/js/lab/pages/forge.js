/** /learn/forge: a card at a time, given to both verifiers. What is shown is the server's answer; nothing is judged here. */

import { clone, find } from '../../dom.js';
import * as shell from '../../shell.js';
import { ok, send } from '../../../gatehouse/http.js';
import { show } from '../evidence.js';
import { experiment } from '../experiment.js';
import { inWords } from '../run.js';

const VERDICTS = ok({ naive: { accepted: 'boolean' }, ours: { accepted: 'boolean', chain: ['object'] }, token: 'string', parts: { header: 'string', claims: 'string' } });

const cards = [...document.querySelectorAll('[data-cards] > lab-experiment')];

for (const card of cards) {
  const box = experiment(card.id);
  const twist = box.querySelector('[data-twist]');
  const judge = card.id === 'own' ? ownToken : () => send('POST', `/learn/api/forge/${card.id}`, VERDICTS, { body: { twist: twist.checked } });
  box.run = async () => {
    let found, asked;
    do { // once more, if the switch was moved meanwhile
      asked = twist?.checked;
      found = await judge();
    } while (twist?.checked !== asked);
    find('[data-exchanges]', box).replaceChildren(result(found));
    return outcome(found);
  };
  box.clear = async () => { if (twist) twist.checked = false; };
  twist?.addEventListener('change', () => find('[data-run]', box).click());
}

function outcome({ naive, ours, answer }) {
  const key = ours.accepted ? (naive.accepted ? 'both' : 'ours') : naive.accepted ? 'naive' : 'neither';
  const left = naive.accepted ? `The naive reader says: welcome, ${naive.subject}.` : `Even the naive reader refuses: ${naive.cause}.`;
  const right = ours.accepted ? 'Ours accepts it too: nothing about it is wrong.' : `Ours refuses: ${ours.chain.at(-1).text}.`;
  const said = answer ? ` The real API answered ${answer.status}.` : '';
  return { answer: key, text: `${left} ${right}${said}`, script: [ruling(naive, ours)], server: [ruling(ours, ours), ...decided(ours)] };
}

/** A token that is in order is nobody's loot. */
function ruling({ accepted, subject, cause, chain }, ours) {
  if (accepted) return ['', `Accepted: “Welcome, ${subject}.”`, ours.accepted ? 'good' : 'got'];
  return ['', `Refused: ${cause ?? chain.at(-1).text}`, 'refused'];
}

/** The statement that stopped the token. */
function decided({ guard }) {
  if (!guard) return [];
  return [[`${guard.name}, line ${guard.line}`, guard.lines.filter(({ marked }) => marked).map(({ text }) => text.trim()).join(' ')]];
}

/** @returns {HTMLElement} the bytes, and both verdicts with the code behind them */
function result({ token, parts, naive, ours, library, answer }) {
  const item = clone('forge-result').firstElementChild;
  const segments = token.split('.').map((text, index) => {
    const part = document.createElement('span');
    part.className = ['jws-header', 'jws-claims', 'jws-signature'][index];
    part.textContent = (index ? '.' : '') + (text || '(empty)');
    return part;
  });
  find('[data-slot="token"]', item).append(...segments);
  find('[data-slot="header"]', item).textContent = parts.header;
  find('[data-slot="claims"]', item).textContent = parts.claims;
  find('[data-naive-source]', item).append(source(naive.source));
  find('[data-chain]', item).append(...ours.chain.map(({ type, text }) => line(`${type}: ${text}`)));
  if (ours.guard) find('[data-guard-source]', item).append(source(ours.guard));
  const more = [];
  if (ours.guard?.library) more.push(['Raised inside the library, called from the marked line', ours.guard.library]);
  if (library) more.push(['PyJWT itself, asked to take that key’s file as a secret', library, 'refused']);
  if (answer) more.push(['GET /api/me at the real app, with this token as Bearer', `${answer.status} ${answer.code}`, answer.status === 401 ? 'refused' : 'got']);
  show(find('[data-more]', item), more);
  return item;
}

function line(text) {
  const item = document.createElement('li');
  item.textContent = text;
  return item;
}

/** The live source of a function, with the statement that stopped the token marked. */
function source({ name, file, line: at, lines }) {
  const figure = clone('live-source').firstElementChild;
  find('[data-slot="name"]', figure).textContent = name;
  find('[data-slot="place"]', figure).textContent = `${file}, line ${at || lines[0].number}`;
  const code = find('[data-lines]', figure);
  code.setAttribute('aria-label', `Source of ${name}`);
  code.append(...lines.flatMap(({ number, text, marked }) => {
    const row = document.createElement('span');
    row.className = marked ? 'line marked' : 'line';
    row.dataset.line = number;
    row.textContent = text;
    return [row, '\n'];
  }));
  return figure;
}

const own = experiment('own');
const field = (name) => find(`#own-${name}`, own);

function ownToken() {
  const body = { header: field('header').value, claims: field('claims').value, how: field('how').value, reader: field('reader').value };
  return send('POST', '/learn/api/forge/own', VERDICTS, { body });
}

async function fresh() {
  const good = await send('GET', '/learn/api/forge', ok({ header: 'string', claims: 'string', pem: 'string', pem_bytes: 'number', pem_end: 'string' }));
  field('header').value = good.header;
  field('claims').value = good.claims.replace('"alice"', '"admin"');
  find('[data-pem]', own).textContent = good.pem;
  find('[data-pem-note]', own).textContent = `${good.pem_bytes} bytes, the last six of them ${good.pem_end}: the newline at the end (0a) is one of them.`;
}
const refill = () => fresh().catch((error) => own.say(inWords(error), 'bad'));
find('[data-fresh]', own).addEventListener('click', refill);

/** One card at a time; the address names it. */
function choose() {
  const wanted = cards.find((card) => `#${card.id}` === location.hash) ?? cards[0];
  for (const card of cards) card.toggleAttribute('data-put-away', card !== wanted);
  for (const link of document.querySelectorAll('.deck a')) {
    if (link.hash === `#${wanted.id}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}
addEventListener('hashchange', choose);
choose();
refill();
shell.start({});
