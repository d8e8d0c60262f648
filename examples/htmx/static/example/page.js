import { describe, fetchSignedIn } from '../gatehouse/request.js';
import * as session from '../gatehouse/session.js';

const main = document.querySelector('main');

function attempt(work) {
  const say = (text) => { document.querySelector('[role=status]').textContent = text; };
  work.then(() => say(''), (error) => say(describe(error)));
}

function askWho() {
  main.replaceChildren(document.querySelector('template').content.cloneNode(true));
}

// All that htmx asks for is asked for in this way.
document.addEventListener('htmx:before:request', ({ detail }) => { detail.ctx.fetch = fetchSignedIn; });
document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-sign-in]')) return;
  event.preventDefault();
  attempt(session.signIn(Object.fromEntries(new FormData(event.target))));
});
document.addEventListener('click', ({ target }) => { if (target.matches('[data-sign-out]')) attempt(session.signOut()); });
// These fire wherever somebody signs in or out: here, in another tab, or on the server.
session.changes.addEventListener('signed-in', () => attempt(htmx.ajax('GET', '/htmx/notes', { target: 'main' })));
session.changes.addEventListener('signed-out', askWho);
attempt(session.look().then((state) => { if (!state.authenticated) askWho(); }));
