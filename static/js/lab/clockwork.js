/**
 * A lab session, step by step. Script holds handles, never tokens: the server looks up what each handle stands for and runs the
 * app's own functions with it.
 */

import { ok, send } from '../../gatehouse/http.js';

/**
 * @typedef {{generation: number, previous_generation: number|null, confirmed: boolean, ended: boolean, end_reason: string}} Row
 * @typedef {{status: number, cause: string, verdict?: string, presented?: number, generation?: number, refresh?: string, access?: string, row: Row}} Step
 */

const STEP = ok({ status: 'number', cause: 'string', row: 'object' });
const post = (step, body) => send('POST', `/bank/refresh/${step}`, STEP, { body });

/** @returns {Promise<Step>} */
export const start = (run) => post('start', { run });
/** Refresh with the token of this handle. `window`: does the server answer repeated refreshes for 2 s? @returns {Promise<Step>} */
export const turn = (run, token, window = true) => post('turn', { run, token, window });
/** An API request; `look`: does the API look at the session, or at the token alone? @returns {Promise<Step>} */
export const use = (run, token, look = true) => post('use', { run, token, look });
/** Sign out. @returns {Promise<Step>} */
export const end = (run) => post('end', { run });

/** A little longer than the lab's window. */
export const OUTWAIT = 2300;

const JAR = 'lab_jar'; // what stands for the cookie jar that tabs share: a run and its handles, no tokens

export const putJar = (jar) => localStorage.setItem(JAR, JSON.stringify(jar));
const readJar = () => JSON.parse(localStorage.getItem(JAR) ?? '{}');
export const dropJar = () => localStorage.removeItem(JAR);

/**
 * What one tab does when it wakes: refresh with what it holds, then use the new access token. With the lock it waits its turn, and
 * then looks first whether another tab was faster, as the app's session.js does.
 * @param {{run: string, token: string, window: boolean, lock: boolean}} order
 * @returns {Promise<{sent: boolean, turn: Step|null, use: Step|null}>}
 */
export async function wake({ run, token, window, lock }) {
  const work = async () => {
    const jar = readJar();
    if (lock && jar.run === run && jar.refresh !== token) return { sent: false, turn: null, use: await use(run, jar.access) };
    const answer = await turn(run, token, window);
    if (answer.status !== 200) return { sent: true, turn: answer, use: null };
    putJar({ run, refresh: answer.refresh, access: answer.access });
    return { sent: true, turn: answer, use: await use(run, answer.access) };
  };
  return lock ? navigator.locks.request('lab-refresh', work) : work();
}
