/**
 * The cookie is read anew for each request: signing in or out, here or in another tab, rotates it.
 * @param {string} [refused]  taken only where there is no other: a cookie may be left over from other settings of the server
 * @returns {string}  empty where there is none
 */
export function csrfToken(refused?: string): string;
/** Have something done before each request. @param {() => void} work */
export function beforeEach(work: () => void): void;
/** Safari drops Secure cookies over plain http, even from localhost; without them nobody can sign in. */
export function cookiesRefused(): ApiError;
/** Members that a shape does not name may be there. @param {any} value @param {Shape} shape @returns {boolean} */
export function fits(value: any, shape: Shape): boolean;
/**
 * Send one request and return its JSON, or null where the answer has no body.
 * @param {string} method
 * @param {string} path  on our own origin
 * @param {Expected} expected
 * @param {{body?: object, limit?: number}} [options]  limit: milliseconds to wait for the answer
 * @returns {Promise<any>}
 */
export function send(method: string, path: string, expected: Expected, { body, limit }?: {
    body?: object;
    limit?: number;
}): Promise<any>;
/** The answer was not our server's, so nothing is known of what was asked. */
export function foreignAnswer(): ApiError;
/**
 * What to tell a person about a failure.
 * @param {unknown} error
 * @returns {string}
 */
export function describe(error: unknown): string;
/** A refusal by the server, or (status 0) no answer of it. `code` is the contract; the texts are for people. */
export class ApiError extends Error {
    /**
     * @param {number} status
     * @param {string} code
     * @param {string} detail
     * @param {{errors?: Record<string, string[]>, retryAfter?: number|null, methods?: string[], unknown?: boolean, acr?: string}} [more]
     *   methods: what would complete this sign-in; unknown: nobody has this passkey; acr: how strong a sign-in is wanted (RFC 9470)
     */
    constructor(status: number, code: string, detail: string, { errors, retryAfter, methods, unknown, acr }?: {
        errors?: Record<string, string[]>;
        retryAfter?: number | null;
        methods?: string[];
        unknown?: boolean;
        acr?: string;
    });
    status: number;
    code: string;
    detail: string;
    errors: Record<string, string[]>;
    retryAfter: number | null;
    methods: string[];
    unknown: boolean;
    acr: string;
    /** True where the same request may well succeed if it is simply sent again. */
    get transient(): boolean;
}
export function ok(shape: Shape): Expected;
export function created(shape: Shape): Expected;
/** @type {Expected} */
export const ACCEPTED: Expected;
/** @type {Expected} */
export const EMPTY: Expected;
export function orNull(shape: Shape): Shape;
export function pageOf(shape: Shape): Expected;
/**
 * What a call takes for success: its status and the shape of its body. Anything else was not said by our server. A captive portal
 * or an access proxy answers 200 to whatever it is sent, and what was typed would be lost.
 * A shape is a name that `typeof` gives, a list of one shape, an object of shapes, or a function that judges.
 */
export type Shape = string | Array<any> | {
    [name: string]: any;
} | ((value: any) => boolean);
/**
 * a shape of null: no body
 */
export type Expected = {
    status: number;
    shape: Shape | null;
};
