/** The account page: profile and password, second factor, devices, tokens, security events, and one's own data. */

import * as data from '../account/data.js';
import * as devices from '../account/devices.js';
import * as events from '../account/events.js';
import * as profile from '../account/profile.js';
import * as security from '../account/security.js';
import * as tokens from '../account/tokens.js';
import * as shell from '../shell.js';

function reload() {
  devices.load();
  tokens.load();
  events.load();
}

profile.start({ changed: reload });
data.start();
devices.start({ changed: () => events.load() });
tokens.start({ changed: () => events.load() });
security.start({ changed: reload, opened: reload });
shell.start({
  required: true,
  show: ({ user }) => {
    profile.show(user);
    security.load();
    reload();
  },
  unsaved: profile.unsaved,
});
