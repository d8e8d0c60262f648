/**
 * Cookies that the server beside these pages cannot read. granian hands over a Cookie header with a letter beyond ASCII as an empty
 * one (emmett-framework/granian#335, which stays as it is), so nobody could sign in or out any more. A project with another server
 * needs none of this: it is no part of what README says to copy.
 */

import { beforeEach } from '../gatehouse/http.js';

/**
 * Take away those of this very host. What belongs to a whole domain is another application's to keep, and one that is HttpOnly is
 * not seen here: the server then refuses, and says why.
 */
function dropUnreadable() {
  const unreadable = document.cookie.split('; ').filter((pair) => !/^[ -~]*$/.test(pair));
  const folders = location.pathname.split('/').map((_, at, all) => all.slice(0, at + 1).join('/') || '/');
  for (const pair of unreadable) {
    for (const path of folders) document.cookie = `${pair.split('=')[0]}=; Max-Age=0; Path=${path}`;
  }
}

beforeEach(dropUnreadable);
