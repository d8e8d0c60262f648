/** What can go wrong at the identity provider, in words. The codes come from accounts/federation/views.py, in a query. */

export const REASONS = {
  oidc_unavailable: 'The identity provider does not answer. Nothing was changed; please try again in a minute.',
  oidc_expired: 'That took longer than ten minutes, or it was begun in another browser. Please try again.',
  oidc_failed: 'The answer of the identity provider was an error, or it did not belong to anything that was begun here, so it was refused. Please try again.',
  oidc_cancelled: 'The identity provider says that it was cancelled there. Nothing was changed.',
  oidc_unverified: 'The identity provider tells no e-mail address of yours that can be used here. Sign in with a password, or ask the people who run this service.',
  oidc_inactive: 'This account has been deactivated. Ask the people who run this service.',
  oidc_taken: 'Your e-mail address belongs to an account here that signs in in another way. Please use that, or ask the people who run this service.',
  oidc_other_person: 'That was not the person who is signed in here. Choose the same account at the identity provider as when you signed in.',
  oidc_session_over: 'The session that this was for has ended meanwhile, here or elsewhere. Sign in again to go on.',
  oidc_stale: 'The identity provider did not say that it asked for your password or another proof just now, and that is needed here. If it does not ask when you try again, have a link mailed to you and set a password: with that you can confirm.',
  oidc_second_factor: 'Your account has a second factor, and this needs it: go back to the other tab and confirm with that.',
  oidc_throttled: 'Too many attempts failed. Please wait ten minutes, then try again.',
};

/**
 * The identity provider answers at one of our hosts, and cookies belong to one: a trip that is begun at another ends there.
 * @param {string} origin  of the host where it answers
 */
export const answersHere = (origin) => new URL(origin).hostname === location.hostname;
