import { created, describe, EMPTY, get, onStepUp, pageOf, post, type Prove } from 'gatehouse/request.js';
import * as session from 'gatehouse/session.js';
import { type FormEvent, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';

type Note = { id: string; title: string };
const NOTE = { id: 'string', title: 'string' };

/** Called wherever somebody signs in or out: here, in another tab, or on the server. */
function subscribe(heard: () => void) {
  const kinds = ['signed-in', 'signed-out'];
  for (const kind of kinds) session.changes.addEventListener(kind, heard);
  return () => kinds.forEach((kind) => session.changes.removeEventListener(kind, heard));
}

function fields(event: FormEvent<HTMLFormElement>) {
  event.preventDefault();
  return Object.fromEntries(new FormData(event.currentTarget));
}

type Attempt = (work: Promise<unknown>) => void;

function App() {
  const user = useSyncExternalStore(subscribe, session.user);
  const [asked, setAsked] = useState(false);
  const [said, say] = useState('');
  const attempt = useCallback<Attempt>((work) => { work.then(() => say(''), (error) => say(describe(error))); }, []);
  useEffect(() => attempt(session.look().finally(() => setAsked(true))), [attempt]);
  return (
    <main>
      {asked && (user ? <Notes key={user.id} name={user.name} attempt={attempt} /> : <SignIn attempt={attempt} />)}
      <p role="status">{said}</p>
      <StepUp />
    </main>
  );
}

function SignIn({ attempt }: { attempt: Attempt }) {
  return (
    <form onSubmit={(event) => attempt(session.signIn(fields(event)))}>
      <label>E-mail <input name="email" type="email" autoComplete="username" required /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" required /></label>
      <button>Sign in</button>
    </form>
  );
}

function Notes({ name, attempt }: { name: string; attempt: Attempt }) {
  const [notes, setNotes] = useState<Note[]>([]);
  const load = useCallback(() => get('/api/notes', pageOf(NOTE)).then((page) => setNotes(page.results)), []);
  useEffect(() => attempt(load()), [attempt, load]);
  return (
    <>
      <h1>Notes of {name}</h1>
      <ul>{notes.map((note) => <li key={note.id}>{note.title}</li>)}</ul>
      <form onSubmit={(event) => attempt(post('/api/notes', created(NOTE), fields(event)).then(load))}>
        <label>Title <input name="title" type="text" required /></label>
        <button>Add</button>
      </form>
      <button onClick={() => attempt(post('/auth/logout-others', EMPTY))}>End other sessions</button>
      <button onClick={() => attempt(session.signOut())}>Sign out</button>
    </>
  );
}

/** Asks for the password where the server wants to know that it is still the same person. */
function StepUp() {
  const [question, ask] = useState<{ prove: Prove; done: (proven: boolean) => void } | null>(null);
  const [said, say] = useState('');
  useEffect(() => onStepUp((prove) => new Promise((done) => ask({ prove, done }))), []);
  if (!question) return null;
  const close = (proven: boolean) => { ask(null); say(''); question.done(proven); };
  return (
    <dialog open>
      <form onSubmit={(event) => { question.prove(fields(event)).then(() => close(true), (error) => say(describe(error))); }}>
        <label>Your password again <input name="password" type="password" autoComplete="current-password" required /></label>
        <button>Confirm</button>
        <button type="button" onClick={() => close(false)}>Cancel</button>
        <p role="alert">{said}</p>
      </form>
    </dialog>
  );
}

createRoot(document.getElementById('app')!).render(<App />);
