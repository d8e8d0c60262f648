/**
 * The storage experiment in words: each step of the theft as script saw it and as the servers did, the cells of the grid, and the
 * verdict. Pure functions from what was observed; nothing is said of what did not happen.
 */

/** @typedef {{title: string, script: import('./evidence.js').Fact[], server: import('./evidence.js').Fact[]}} Exchange */

/**
 * @param {{read: string, sink: boolean, rides: number, blocked: Set<string>}} seen  what the victim's tab told
 * @param {{via: string, token: {length: number, header: any, claims: any}}[]} loot  what the thief's server kept
 * @returns {Exchange}
 */
export function attack({ read, sink, rides, blocked }, loot) {
  const script = sink
    ? [['The sink', 'threw an error: the script never ran', 'refused']]
    : [['Token', read || 'none to be found', read ? 'got' : 'refused'], ['Payments of the foreign script', `${rides} so far, each answered 200`, 'got']];
  if (blocked.size) script.push(['Violations', [...blocked].join(', '), 'refused']);
  return {
    title: 'The foreign script looks, sends and pays',
    script,
    server: loot.length
      ? loot.map(({ via, token }) => [`Thief’s server, by ${via}`, `${token.header.typ}, ${token.length} characters, for ${token.claims.aud}`, 'got'])
      : [['Thief’s server', 'received nothing', 'refused']],
  };
}

/** @returns {Exchange} */
export function closing({ left }, before, after) {
  return {
    title: left ? 'The tab shows the thief’s site now' : 'The victim’s tab is closed',
    script: [['Script in that page', 'is gone with it']],
    server: [['Balance', String(before)], ['Balance 2 s later', String(after), before === after ? 'refused' : 'got']],
  };
}

/** @returns {Exchange} */
export function use({ answers }) {
  return {
    title: 'The thief’s server presents its loot: POST /bank/account, with Authorization: Bearer',
    script: [['', 'Nothing: no browser takes part in it.']],
    server: answers.length
      ? answers.map(({ status, balance }) => ['The bank answered', status === 200 ? `200: paid, ${balance} left` : String(status), status === 200 ? 'got' : 'refused'])
      : [['', 'No request: there is no loot.', 'refused']],
  };
}

/** @returns {Exchange} */
export function crossing({ cookies, site }, thief) {
  return {
    title: `A form post from ${thief} to the bank`,
    script: [['The answer', 'not for the eyes of another site’s script', 'secret']],
    server: [['Sec-Fetch-Site', site], ['Token cookies that arrived', cookies.join(', ') || 'none', cookies.length ? 'got' : 'refused']],
  };
}

/** @typedef {[text: string, tone: 'refused'|'got']} Cell */

/** @returns {Cell} was it carried away? */
export function carried({ blocked, promised }, loot) {
  const lie = promised ? ' (sendBeacon() had said true all the same)' : '';
  const held = blocked.size ? ` Blocked by ${[...blocked].join(', ')}${lie}.` : '';
  const ways = [...new Set(loot.map(({ via }) => via))].join(', ');
  return ways ? [`yes, arrived by ${ways}.${held}`, 'got'] : [`no: the thief’s server received nothing.${held}`, 'refused'];
}

const paid = ({ answers }) => answers.filter(({ status }) => status === 200);

/** @returns {Cell} is it of use after the tab is closed? */
export function later(use) {
  const worked = paid(use).at(-1);
  if (worked) return [`yes: POST /bank/account from the thief’s server, 200, ${worked.balance} left`, 'got'];
  return [use.answers.length ? `no: ${use.answers.map(({ status }) => status).join(', ')}` : 'no: he has nothing to present', 'refused'];
}

/** @returns {Cell} does it travel in another site's form post? */
export function cross({ cookies, site }) {
  return cookies.length ? [`yes: ${cookies.join(', ')} (${site})`, 'got'] : [`no token cookie came (${site})`, 'refused'];
}

/** What came true, as an experiment's answer. */
export function verdict({ rides, stopped }, use) {
  if (paid(use).length) return { answer: 'later', text: 'The token outlived the tab: the thief’s own server paid with it.' };
  if (!rides) return { answer: 'never', text: 'The foreign script never ran.' };
  return { answer: 'visit', text: `The thief has nothing to carry away; he acted as the victim only while the tab was open${stopped ? ', and it stopped' : ''}.` };
}
