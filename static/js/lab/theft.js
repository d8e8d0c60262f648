/** The storage experiment told request by request: what script saw of each step of the theft, and what the servers did. */

/** @typedef {{title: string, script: import('./evidence.js').Fact[], server: import('./evidence.js').Fact[]}} Exchange */

/**
 * @param {{read: string, sink: boolean, rides: number, blocked: Set<string>}} seen  what the victim's tab told
 * @param {{via: string, token: {length: number, header: any, claims: any}}[]} loot  what the thief's server kept
 * @returns {Exchange}
 */
export function attack({ read, sink, rides, blocked }, loot) {
  const script = sink
    ? [['The sink', 'threw an error: the script never ran', 'good']]
    : [['Token', read || 'none to be found', read ? 'bad' : 'good'], ['Payments of the foreign script', `${rides} so far, each answered 200`, 'bad']];
  if (blocked.size) script.push(['Violations', [...blocked].join(', '), 'good']);
  return {
    title: 'The foreign script looks, sends and pays',
    script,
    server: loot.length
      ? loot.map(({ via, token }) => [`Thief’s server, by ${via}`, `${token.header.typ}, ${token.length} characters, for ${token.claims.aud}`, 'bad'])
      : [['Thief’s server', 'received nothing', 'good']],
  };
}

/** @returns {Exchange} */
export function closing({ left }, before, after) {
  return {
    title: left ? 'The tab shows the thief’s site now' : 'The victim’s tab is closed',
    script: [['Script in that page', 'is gone with it']],
    server: [['Balance', String(before)], ['Balance 2 s later', String(after), before === after ? 'good' : 'bad']],
  };
}

/** @returns {Exchange} */
export function use({ answers }) {
  return {
    title: 'The thief’s server presents its loot: POST /bank/account, with Authorization: Bearer',
    script: [['', 'Nothing: no browser takes part in it.']],
    server: answers.length
      ? answers.map(({ status, balance }) => ['The bank answered', status === 200 ? `200: paid, ${balance} left` : String(status), status === 200 ? 'bad' : 'good'])
      : [['', 'No request: there is no loot.', 'good']],
  };
}

/** @returns {Exchange} */
export function crossing({ cookies, site }, thief) {
  return {
    title: `A form post from ${thief} to the bank`,
    script: [['The answer', 'not for the eyes of another site’s script', 'secret']],
    server: [['Sec-Fetch-Site', site], ['Token cookies that arrived', cookies.join(', ') || 'none', cookies.length ? 'bad' : 'good']],
  };
}
