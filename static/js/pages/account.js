/** The account page: profile and password, devices, security events, and one's own data. */

import * as data from '../account/data.js';
import * as devices from '../account/devices.js';
import * as events from '../account/events.js';
import * as profile from '../account/profile.js';
import * as shell from '../shell.js';

function reload() {
  devices.load();
  events.load();
}

profile.start({ changed: reload });
data.start();
devices.start({ changed: () => events.load() });
shell.start({
  required: true,
  show: ({ user }) => {
    profile.show(user);
    reload();
  },
  unsaved: profile.unsaved,
});
