/**
 * What the tabs of one browser have between them: taking turns, and telling each other. They share one cookie jar, so two tabs
 * that sign in, refresh or sign out at the same time would overwrite each other's cookies.
 */

const NAME = 'gatehouse-session';

/** The server's grace window in milliseconds: for so long it answers a repeated or parallel refresh like the first. */
export const WINDOW = 1000 * (Number(document.querySelector('meta[name="gatehouse-grace-seconds"]')?.getAttribute('content')) || 10);

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(NAME) : null;

/**
 * Do `work` while no other tab is at it. After a whole window of waiting do it all the same: a tab that hangs with the lock must
 * not sign everybody out, and the server can tell parallel refreshes from theft.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(work) {
  if (!navigator.locks) return work(); // not a secure context: the server's grace window has to do
  let begun = false;
  const inTurn = () => { begun = true; return work(); };
  return navigator.locks.request(NAME, { signal: AbortSignal.timeout(WINDOW) }, inTurn).catch((error) => {
    if (begun) throw error;
    return work();
  });
}

/**
 * Tell the other tabs; this one does not hear it.
 * @param {'signed-in'|'refreshed'|'signed-out'|'confirmed'} type
 * @param {string} [reason]
 */
export function tell(type, reason) {
  channel?.postMessage({ type, reason });
}

/** @param {(type: string, reason?: string) => void} listener */
export function hear(listener) {
  channel?.addEventListener('message', ({ data }) => listener(data.type, data.reason));
}
