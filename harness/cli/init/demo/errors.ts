/**
 * What each error means. `definite: true` promises that the operation did not happen and never will; whatever is not listed may have
 * happened. Be strict: one wrong promise here and a healthy system looks broken.
 */
import type { ErrorTable } from 'ordeal';

export const errors: ErrorTable = {
  ECONNREFUSED: { name: 'connection-refused', definite: true }, // nobody was there to take it
  'http 503': { name: 'primary-down', definite: true }, // the node says that it never passed the request on
  'http 504': { name: 'primary-silent', definite: false },
  UND_ERR_SOCKET: { name: 'connection-lost', definite: false },
};
