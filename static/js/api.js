/** The package's way to call the API, and what this site does where a person must prove who they are, or enrol a second factor. */

import { ApiError, ok } from '../gatehouse/http.js';
import { get, onEnrolmentWanted, onStepUp } from '../gatehouse/request.js';
import * as session from '../gatehouse/session.js';
import { askProof } from './dialogs.js';
import { FACTORS, waysOf } from './second-step.js';

export * from '../gatehouse/request.js';

onStepUp(async (prove, { acr }) => {
  const ways = waysOf(await factors()).filter((way) => acr !== '3' || way === 'passkey');
  if (acr > '1' && !ways.length) {
    throw new ApiError(0, 'no_factor', `This needs a ${acr === '3' ? 'passkey' : 'second factor'}. Set one up on your account page, under “Sign-in and security”.`);
  }
  return askProof(ways, prove, session.user()?.email);
});

onEnrolmentWanted(() => {
  const next = location.pathname + location.search;
  location.assign(`/account?${new URLSearchParams({ next })}#security`);
});

/** What the person can confirm with. A server without the part has no such address. */
export async function factors() {
  try {
    return await get('/auth/factors', ok(FACTORS));
  } catch (error) {
    if (error.code !== 'not_found') throw error;
    return { passkeys: [], totp: null, recovery_codes_left: 0 };
  }
}
