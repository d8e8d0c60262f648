/** The API's description in Swagger UI. No token passes through here: the cookies go along with what is tried, unseen. */

import { find } from '../dom.js';
import * as shell from '../shell.js';
import { csrfToken } from '../../gatehouse/http.js';

globalThis.SwaggerUIBundle({
  url: '/api/schema',
  domNode: find('[data-swagger]'),
  deepLinking: true,
  validatorUrl: null, // it would send the description to somebody else
  requestInterceptor(request) {
    if (request.method && !['GET', 'HEAD'].includes(request.method.toUpperCase())) request.headers['X-CSRFToken'] = csrfToken();
    return request;
  },
});
shell.start({});
