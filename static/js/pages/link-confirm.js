/** The mailed link of an identity that waits: it takes a press, and the password of the account where that has one. */

import { destination } from '../destination.js';
import { offerPassword } from '../demo.js';
import { find } from '../dom.js';
import * as link from '../link.js';
import * as secondStep from '../second-step.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';

const field = find('[data-password]');
const enter = () => location.replace(destination(null));

link.start({
  use: async (body) => {
    try {
      await session.signIn(body, '/auth/oidc/link/confirm');
    } catch (error) {
      if (error.code === 'second_factor_required') {
        secondStep.inPlaceOf(find('[data-link-form]'), error.methods, async (proof) => {
          await session.signIn({ ...body, ...proof }, '/auth/oidc/link/confirm');
          enter();
        });
        return;
      }
      if (error.errors?.password && field.hidden) {
        field.hidden = false;
        find('input', field).required = true;
        offerPassword(field, find('input', field), link.email);
        error.errors = { password: ['There is an account for this address already. Enter its password once.'] };
      }
      throw error;
    }
  },
  body: ({ password }) => (field.hidden ? {} : { password: password.value }),
  ask: false,
  done: enter,
});
shell.start({});
