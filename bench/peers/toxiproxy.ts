/** Where the real toxiproxy-server is on this machine, if it is. Shared by the conformance suite and the benchmark. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export type RealServer = { readonly path: string } | { readonly missing: string };

/** $TOXIPROXY_SERVER, then `toxiproxy-server` on the PATH, then what `go install` leaves, then /usr/local/lib/toxiproxy. */
export function findRealServer(env: NodeJS.ProcessEnv = process.env): RealServer {
  if (env.TOXIPROXY_SERVER) {
    if (isExecutable(env.TOXIPROXY_SERVER)) return { path: env.TOXIPROXY_SERVER };
    return { missing: `TOXIPROXY_SERVER=${env.TOXIPROXY_SERVER} is no executable file` };
  }
  const onPath = (env.PATH ?? '').split(delimiter).map(folder => join(folder, 'toxiproxy-server'));
  const path = [...onPath, ...goBinaries(env), '/usr/local/lib/toxiproxy/server'].find(isExecutable);
  if (path !== undefined) return { path };
  const install = 'go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
  return { missing: `no toxiproxy-server here: \`${install}\` builds it, TOXIPROXY_SERVER names it` };
}

/** `go install` calls it plainly `server`. */
function goBinaries(env: NodeJS.ProcessEnv): string[] {
  const workspaces = (env.GOPATH ?? join(homedir(), 'go')).split(delimiter);
  return [...(env.GOBIN ? [env.GOBIN] : []), ...workspaces.map(each => join(each, 'bin'))].map(folder => join(folder, 'server'));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
