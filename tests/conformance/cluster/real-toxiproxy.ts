/** The real toxiproxy-server, where this machine has it: named by TOXIPROXY_SERVER, on the PATH, or where `go install` puts it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { reservePorts } from '../../../harness/cluster/ports.ts';
import { createToxiproxyApi } from '../../../harness/cluster/toxiproxy/api.ts';

const candidates = [
  process.env.TOXIPROXY_SERVER,
  ...(process.env.PATH ?? '').split(delimiter).map(folder => join(folder, 'toxiproxy-server')),
  join(process.env.GOBIN ?? join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin'), 'server'),
];

export const realToxiproxy = candidates.find(file => file !== undefined && existsSync(file));

export const startRealToxiproxy = async (): Promise<{ url: string; stop: () => Promise<void> }> => {
  const [port] = await reservePorts(1);
  const child = execa(realToxiproxy!, ['-host', '127.0.0.1', '-port', `${port}`, '-proxy-metrics'], { stdio: 'ignore', reject: false });
  const url = `http://127.0.0.1:${port}`;
  const api = createToxiproxyApi(url, 500);
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; )
    if (
      await api.version().then(
        () => true,
        () => false,
      )
    )
      break;
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
};
