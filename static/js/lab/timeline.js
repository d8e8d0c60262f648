/**
 * What each of the eight steps has to say about a request, from its two records: script's own and the server's.
 * Pure functions from records to facts; nothing is said of a step that did not happen.
 */

import { cookie } from './evidence.js';

/** @typedef {import('./evidence.js').Fact} Fact */
/** @typedef {{number: number, script: Fact[], server: Fact[], ms: number|null, refused: boolean, travel: import('./player.js').Travel}} Filled */

export const find = (entry, name) => entry.steps.find((step) => step.name.endsWith(name));
export const took = (call) => call?.ms ?? null;
/** Something that was in one place, or went from one to the other. @returns {import('./player.js').Travel} */
export const travel = (path, what, text) => ({ path, what, text });
/** The token cookies of these, by a part of their names. */
export const tokens = (cookies, name = '_token') => cookies.filter((one) => one.name.includes(name) && one.length);
const headers = (received) => Object.entries(received.headers).map(([name, value]) => [name, value]);
export const arrived = ({ cookies }) => [['Cookies that arrived', cookies.map(cookie).join('\n') || 'none', 'secret']];
const outcome = (call, passed) => (call.refused ? [`${call.refused}: ${call.cause}`, 'refused'] : [passed, 'good']);

/** Steps 1 to 4, from POST /auth/login. @returns {Filled[]} */
export function signIn(observed, entry) {
  const verify = find(entry, 'verification.verify');
  const budgets = find(entry, 'budgets.spend');
  const issue = find(entry, 'signing.issue');
  const filled = [{
    number: 1, ms: observed.milliseconds, refused: false,
    travel: travel(['browser', 'server'], 'password', 'E-mail and password go to the server. There is no token yet.'),
    script: [['Request', `${observed.method} ${observed.path}`], ['Headers our code added', Object.keys(observed.headers).join(', ')],
      ['Body, password masked here', observed.body]],
    server: [...headers(entry.received), ...arrived(entry.received)],
  }];
  if (!verify) return filled;
  filled.push({
    number: 2, ms: took(verify), refused: Boolean(verify.refused),
    travel: travel(['server'], 'password', verify.refused ? 'The server refuses it.' : 'The server finds it good.'),
    script: [['Waiting', `${observed.milliseconds.toFixed(0)} ms in all`]],
    server: [
      ...(budgets?.facts.budgets ?? []).map((one) => ['Budget reserved', one]),
      ['Password hasher', verify.facts.hasher ?? 'run'],
      ['django.contrib.auth.authenticate', ...outcome(verify, 'these credentials are good')],
    ],
  });
  if (!issue) return filled;
  const { access, refresh, session } = issue.facts;
  filled.push({
    number: 3, ms: took(issue), refused: false,
    travel: travel(['server'], 'two tokens', 'The server makes two tokens, and signs them.'),
    script: [['Visible', 'nothing']],
    server: [['Access token, header', access.header], ['Access token, claims', access.claims],
      ['Refresh token, header', refresh.header], ['Refresh token, claims', refresh.claims],
      ['Lives', `access ${access.claims.exp - access.claims.iat} s, refresh ${refresh.claims.exp - refresh.claims.iat} s`],
      ['Session row', `${session.id}, generation ${session.generation}`],
      ...entry.events.map(({ kind }) => ['Security event', kind])],
  }, {
    number: 4, ms: took(find(entry, 'cookies.set_tokens')), refused: false,
    travel: travel(['server', 'browser'], 'two tokens', `${tokens(entry.sent.cookies).length} cookies take them to the browser.`),
    script: [['Status', observed.status], ['Body: no token in it', observed.answer],
      ['Set-Cookie, as script reads it', String(observed.seen['Set-Cookie']), 'secret']],
    server: entry.sent.cookies.map((one) => ['Set-Cookie', cookie(one), 'secret']),
  });
  return filled;
}

/** Step 5, from what script could find after the sign-in. @returns {Filled[]} */
export function storage(found, entry) {
  const delivered = tokens(entry.sent.cookies);
  if (!delivered.length) return [];
  const names = Object.values(found).flat().filter((name) => delivered.some((one) => one.name === name));
  return [{
    number: 5, ms: null, refused: false,
    travel: travel(['browser'], 'two tokens', `They stay in the browser’s cookie jar. Script finds ${names.length || 'none'} of them.`),
    script: [
      ...Object.entries(found).map(([where, list]) => [where, list === null ? 'not in this browser' : list.join(', ') || 'empty']),
      ['Tokens among them', names.length ? names.join(', ') : 'none', names.length ? 'got' : 'secret'],
    ],
    server: delivered.flatMap(({ name, attributes }) => [
      [name, Object.entries(attributes).map(([key, value]) => (value === true ? key : `${key}=${value}`)).join('; ')],
    ]),
  }];
}

/** The record of a full verification, if this request had one. */
export function verification(entry) {
  const seen = find(entry, 'signing.verify_access');
  return seen && !seen.refused && !seen.facts.from_memory ? entry : null;
}

/** Steps 6 and 7, from a call of the API, and the first verification of the token. @returns {Filled[]} */
export function request(observed, entry, earlier) {
  const csrf = find(entry, 'csrf.check');
  const seen = find(entry, 'signing.verify_access')?.facts.from_memory;
  const checks = validation(entry);
  const whole = find(entry, 'authentication.authenticate_token');
  const came = tokens(entry.received.cookies, 'access_token').length > 0;
  const filled = [{
    number: 6, ms: observed.milliseconds, refused: Boolean(csrf?.refused),
    travel: came ? travel(['browser', 'server'], 'access token', 'The browser adds the access token by itself.')
      : travel([], '', 'No token goes along: the browser has dropped the access token.'),
    script: [['Request', `${observed.method} ${observed.path}`], ['Headers our code added', Object.keys(observed.headers).join(', ')],
      ['Token in the request', 'none that script could see', 'secret']],
    server: [...arrived(entry.received), ...headers(entry.received),
      ['CSRF', ...(csrf ? outcome(csrf, csrf.facts.reason) : ['not judged: no credential, or a bad one, came first'])]],
  }];
  filled.push({
    number: 7, ms: took(whole), refused: entry.status === 401,
    travel: came ? travel(['server'], 'access token', entry.status === 401 ? 'The server checks it, and refuses it.' : 'The server checks it, and answers.')
      : travel([], '', 'There is no token to check.'),
    script: [['Status', observed.status], ['Body', observed.answer]],
    server: checks.length ? [
      ...(seen ? [['Seen before', 'verified when this process first saw it; time and session are checked each time', 'good']] : []),
      ...checks,
      ...(seen && earlier ? verified(earlier) : []),
    ] : [['Token', 'no access token arrived: the browser has dropped the cookie, its Max-Age was over', 'refused']],
  });
  return filled;
}

/** What the token had to pass, as it happened. The time is judged last, by the call around the others, and only where they passed. */
function validation(entry) {
  const token = entry.steps.filter(({ name }) => OF_TOKEN[name]);
  const around = ({ name }) => token.length && name.endsWith('verify_access'); // its duration is that of all of them
  const each = token.some(({ refused }) => refused) ? [] : entry.steps.filter(({ name }) => EACH_TIME[name]);
  return [
    ...token.map((step) => [OF_TOKEN[step.name], ...withTime(step)]),
    ...each.map((step) => [EACH_TIME[step.name], ...(around(step) ? outcome(step, 'passed') : withTime(step))]),
  ];
}

/** The checks of an earlier request. */
function verified({ method, path, steps }) {
  return steps.filter(({ name }) => OF_TOKEN[name])
    .map((step) => [`${OF_TOKEN[step.name]}: earlier, with ${method} ${path}`, ...withTime(step)]);
}

/** Of a token that this process has not seen before. */
const OF_TOKEN = {
  'accounts.tokens.jws.parse': 'Strict syntax',
  'accounts.tokens.signing.RingBackend.key_for': 'Header: typ, kid, alg',
  'accounts.tokens.signing.RingBackend.check_signature': 'Signature',
  'accounts.tokens.claims.check_types': 'Claims present, of their types',
  'accounts.tokens.claims.check_values': 'Issuer, audience, iat, nbf',
};

const EACH_TIME = {
  'accounts.tokens.signing.verify_access': 'Time (exp)',
  'accounts.sessions.revocation.check': 'Session still live',
  'accounts.sessions.session.confirm': 'Generation confirmed',
};

function withTime(step) {
  const [text, tone] = outcome(step, 'passed');
  return [`${text} · ${step.ms} ms`, tone];
}
