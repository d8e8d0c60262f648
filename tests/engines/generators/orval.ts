// By the functions that orval has made: sign in, write, list, refresh, and be refused.
import { createNote, getMe, issueTokens, listNotes, refreshTokens } from './client.js';

declare const process: { env: { URL: string; EMAIL: string; PASSWORD: string; TITLE: string } };

const { URL: origin, EMAIL: email, PASSWORD: password, TITLE: title } = process.env;
// What it makes asks for paths, as a page does.
const plain = globalThis.fetch;
globalThis.fetch = (path, options) => plain(`${origin}${path}`, options);

const pair = await issueTokens({ email, password });
if (pair.status !== 200) throw new Error(pair.data.code);
const options = { headers: { Authorization: `Bearer ${pair.data.access_token}` } };
await createNote({ title }, options);
const notes = await listNotes({ search: title }, options);
if (notes.status !== 200) throw new Error(notes.data.code);
const renewed = await refreshTokens({ refresh_token: pair.data.refresh_token });
if (renewed.status !== 200) throw new Error(renewed.data.code);
const refused = await getMe();
console.log(JSON.stringify([
  notes.data.results.map((note) => note.title), renewed.data.token_type,
  refused.status === 200 ? '' : refused.data.code,
]));
