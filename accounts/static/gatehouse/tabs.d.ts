/**
 * Do `work` while no other tab is at it. After a whole window of waiting do it all the same: a tab that hangs with the lock must
 * not sign everybody out, and the server can tell parallel refreshes from theft.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function alone<T>(work: () => Promise<T>): Promise<T>;
/**
 * Tell the other tabs; this one does not hear it.
 * @param {'signed-in'|'refreshed'|'signed-out'|'confirmed'} type
 * @param {string} [reason]
 */
export function tell(type: "signed-in" | "refreshed" | "signed-out" | "confirmed", reason?: string): void;
/** @param {(type: string, reason?: string) => void} listener */
export function hear(listener: (type: string, reason?: string) => void): void;
/** The server's grace window in milliseconds: for so long it answers a repeated or parallel refresh like the first. */
export const WINDOW: number;
