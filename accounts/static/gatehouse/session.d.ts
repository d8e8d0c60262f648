/**
 * Who is signed in, refreshing first if only the refresh cookie is still good.
 * @returns {Promise<State>}
 */
export function look(): Promise<State>;
/**
 * Sign in. Success is checked by asking who we are, because a browser may drop the cookies without a word.
 * @param {object} credentials  what the endpoint takes
 * @param {string} [endpoint]
 * @returns {Promise<State>}
 */
export function signIn(credentials: object, endpoint?: string): Promise<State>;
/**
 * End the session on the server, which deletes the cookies, and empty every tab. An answer without a body shows little, so the
 * server is asked whether it was its own.
 * @param {string} [reason]  what the sign-in page says about it
 */
export function signOut(reason?: string): Promise<void>;
/**
 * Make the access token live again. All callers in this tab share one attempt, and all tabs one lock.
 * @returns {Promise<State>}  rejects with SessionOver, or with an ApiError where the server gives no usable answer
 */
export function renew(): Promise<State>;
/**
 * Fetch tokens that say what the session's row has learnt since: after a step-up, or a new factor.
 * @returns {Promise<State>}
 */
export function catchUp(): Promise<State>;
export function SIGNED_IN(value: any): boolean;
/**
 * Fires 'signed-in' (detail: State) and 'signed-out' (detail: {reason}) wherever it happened, and others' 'refreshed'. A listener
 * that keeps what its person has typed calls `preventDefault` of 'signed-out': this page is then theirs until they are back.
 */
export const changes: EventTarget;
/** The session is over. `changes` has told the page already; a caller only stops what it was doing. */
export class SessionOver extends ApiError {
    /** @param {string} reason */
    constructor(reason: string);
}
export function user(): User | null;
export function waits(): boolean;
export type User = {
    id: string;
    email: string;
    name: string;
    is_staff: boolean;
};
/**
 * as GET /auth/session
 */
export type State = {
    authenticated: boolean;
    user: User | null;
    session: object | null;
    reason?: string;
};
import { ApiError } from './http.js';
