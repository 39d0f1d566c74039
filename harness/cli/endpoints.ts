/** Where the nodes of an external cluster are, as flags and the config file write it: `n1=10.0.0.1:6379`, `n1/admin=10.0.0.1:9000`. */
import type { Endpoint, System } from '../protocol/system.ts';
import { UserError } from '../std/user-error.ts';

type Written = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** Of the config file or of flags; a string alone is the client port. Throws a usage error that shows what was expected. */
export const endpointsFrom = (given: Written, clientPort: string): NonNullable<System['endpoints']> =>
  Object.fromEntries(
    Object.entries(given).map(([node, ports]) => {
      const byName = typeof ports === 'string' ? { [clientPort]: ports } : ports;
      const { '': client, ...others } = byName;
      const named = client === undefined ? others : { ...others, [clientPort]: client };
      return [node, Object.fromEntries(Object.entries(named).map(([name, text]) => [name, parseEndpoint(text)]))];
    }),
  );

/** The client port of a node is written without a name. */
export const endpointsOfFlags = (flags: readonly string[]): Written => {
  const endpoints: Record<string, Record<string, string>> = {};
  for (const flag of flags) {
    const [, node, name = '', at] = /^([^=/]+)(?:\/([^=]+))?=(.+)$/.exec(flag) ?? [];
    if (node === undefined || at === undefined)
      throw new UserError('usage', 'bad-endpoint', `--endpoint ${flag}: expected NODE=HOST:PORT`, {
        hint: 'for instance --endpoint n1=10.0.0.1:6379',
      });
    endpoints[node] = { ...endpoints[node], [name]: at };
  }
  return endpoints;
};

export const parseEndpoint = (text: string): Endpoint => {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port > 0 && port < 65_536))
    throw new UserError('usage', 'bad-endpoint', `endpoint ${text}: expected HOST:PORT`, {
      hint: 'for instance 10.0.0.1:6379 or [::1]:6379',
    });
  return { host, port };
};
