// By the types that openapi-typescript has made: sign in, write, list, refresh, and be refused.
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

declare const process: { env: { URL: string; EMAIL: string; PASSWORD: string; TITLE: string } };

const { URL: baseUrl, EMAIL: email, PASSWORD: password, TITLE: title } = process.env;
const api = createClient<paths>({ baseUrl });

const pair = await api.POST('/auth/token', { body: { email, password } });
if (!pair.data) throw new Error(pair.error.code);
const headers = { Authorization: `Bearer ${pair.data.access_token}` };
await api.POST('/api/notes', { headers, body: { title, body: '' } });
const notes = await api.GET('/api/notes', { headers, params: { query: { search: title } } });
if (!notes.data) throw new Error(notes.error.code);
const renewed = await api.POST('/auth/token/refresh', { body: { refresh_token: pair.data.refresh_token } });
const refused = await api.GET('/api/me');
console.log(JSON.stringify([
  notes.data.results.map((note) => note.title), renewed.data?.token_type, refused.error?.code,
]));
