// The identity provider of the tests: oidc-provider on loopback, with people instead of passwords.
// It takes a port, and keeps everything in memory. Any loopback callback of ours will do: the app's port changes.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

/** Everybody has an account here. Those called unverified-something have no verified address; anna~2 is anna under a new subject. */
function person(sub) {
  const [name] = sub.split('~');
  return { sub, name, email: `${name}@example.com`, email_verified: !name.startsWith('unverified') };
}

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'gatehouse',
    client_secret: 'a secret: with, odd % characters & a + sign',
    redirect_uris: ['https://localhost/auth/oidc/callback'],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: [randomUUID()] },
  features: { devInteractions: { enabled: false } },
  findAccount: (context, id) => ({ accountId: id, claims: () => person(id) }),
  interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
  // Nobody is asked for consent: the app belongs to the same people.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

provider.Client.prototype.redirectUriAllowed = (uri) => /^https?:\/\/localhost:\d+\/auth\/oidc\/callback$/.test(uri);

async function interaction(request, response) {
  const { searchParams } = new URL(request.url, issuer);
  if (searchParams.has('as')) {
    const login = { accountId: searchParams.get('as'), remember: true };
    return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  }
  if (searchParams.has('cancel')) {
    return provider.interactionFinished(request, response, { error: 'access_denied' }, { mergeWithLastSubmission: false });
  }
  await provider.interactionDetails(request, response);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  return response.end(`<!doctype html><html lang="en"><title>Example Provider</title>
<form><label>Who are you? <input name="as"></label> <button>Continue</button></form> <a href="?cancel">Cancel</a>`);
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interaction(request, response).catch((error) => { response.statusCode = 400; response.end(String(error)); });
}).listen(port, '127.0.0.1');
