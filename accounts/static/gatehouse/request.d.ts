/**
 * Say how the person is asked for a proof. `asker` calls `prove` until it succeeds, and returns true; or false where the person gave
 * up. Without one, such a request fails with the server's refusal.
 * @param {Ask} asker
 */
export function onStepUp(asker: Ask): void;
/** Say what happens when this account needs a second factor first. @param {(path: string) => void} listener */
export function onEnrolmentWanted(listener: (path: string) => void): void;
/**
 * The browser's `fetch` for views that answer in a shape of their own, and for code that makes its own requests: with the CSRF token,
 * and once more after a refresh. Whatever is answered is returned. Sign-in and step-up have functions of their own.
 * @param {string} path  on our own origin
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}  rejects with SessionOver where there is nothing to renew
 */
export function fetchSignedIn(path: string, options?: RequestInit): Promise<Response>;
export function stepUp(): Promise<void>;
export function get(path: string, expected: Expected): Promise<any>;
export function post(path: string, expected: Expected, body?: object): Promise<any>;
export function put(path: string, expected: Expected, body: object): Promise<any>;
export function patch(path: string, expected: Expected, body: object): Promise<any>;
export function remove(path: string, expected: Expected): Promise<any>;
export type Expected = import("./http.js").Expected;
/**
 * sends `{password}`, `{code}` or `{credential}`; rejects while it is refused
 */
export type Prove = (proof: object) => Promise<unknown>;
/**
 * acr: how strong a proof is wanted, '' where any will do
 */
export type Ask = (prove: Prove, wanted: {
    acr: string;
}) => Promise<boolean>;
export { ACCEPTED, ApiError, EMPTY, created, describe, ok, orNull, pageOf } from "./http.js";
