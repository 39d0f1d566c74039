/** Where the real toxiproxy-server is on this machine, if it is. Shared by the conformance suite and the benchmark. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type RealServer = { readonly path: string } | { readonly missing: string };

/** $TOXIPROXY_SERVER, then `toxiproxy-server` on the PATH, then what `go install` leaves, then /usr/local/lib/toxiproxy. */
export function findRealServer(env: NodeJS.ProcessEnv = process.env): RealServer {
  if (env.TOXIPROXY_SERVER) {
    if (isExecutable(env.TOXIPROXY_SERVER)) return { path: env.TOXIPROXY_SERVER };
    return { missing: `TOXIPROXY_SERVER=${env.TOXIPROXY_SERVER} is no executable file` };
  }
  const onPath = (env.PATH ?? '').split(delimiter).map(folder => join(folder, 'toxiproxy-server'));
  const path = [...onPath, ...goBinaries(), '/usr/local/lib/toxiproxy/server'].find(isExecutable);
  if (path !== undefined) return { path };
  const install = 'go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
  return { missing: `no toxiproxy-server here: \`${install}\` builds it, TOXIPROXY_SERVER names it` };
}

function goBinaries(): string[] {
  try {
    const [bin = '', path = ''] = execFileSync('go', ['env', 'GOBIN', 'GOPATH'], { encoding: 'utf8' }).split('\n');
    return [bin, ...path.split(delimiter).map(each => join(each, 'bin'))].filter(Boolean).map(folder => join(folder, 'server'));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
