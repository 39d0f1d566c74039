/** What a Docker host can do for a run, found out by trying: its registry, its images, its kernel. */
import { Writable } from 'node:stream';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { within } from '../../std/deadline.ts';
import { baseImage } from './base-image.ts';
import { daemonWords, type Engine, ifThere } from './engine.ts';

export interface Trial {
  readonly works: boolean;
  readonly detail: string;
}

export type KernelFeature = 'iptables' | 'tbf' | 'netem' | 'ptrace';

/** Asks for the manifest of a small image: nothing is pulled. */
export const tryRegistry = async ({ docker }: Engine): Promise<Trial> => {
  const asking = docker.getImage(baseImage).distribution({ abortSignal: within(10_000) });
  return asking.then(
    () => ({ works: true, detail: `${baseImage} could be pulled` }),
    thrown => ({ works: false, detail: daemonWords(thrown) }),
  );
};

/** Tries each feature in a container of the sidecar image that is removed at once; the host's own namespaces are not touched. */
export const tryKernel = async ({ docker }: Engine, image: string): Promise<ReadonlyMap<KernelFeature, Trial>> => {
  let output = '';
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      output += String(chunk);
      done();
    },
  });
  const HostConfig = { AutoRemove: true, NetworkMode: 'none', CapAdd: ['NET_ADMIN', 'SYS_PTRACE'] };
  const options = { User: '0', Tty: true, Labels: { 'ordeal.doctor': '' }, HostConfig };
  const [, container] = (await docker.run(image, ['sh', '-c', script], sink, options)) as [unknown, Docker.Container];
  await ifThere(container.wait({ condition: 'removed', abortSignal: within(10_000) }));
  return parseTrials(output);
};

/** One line per feature: `<feature> <exit code> <what it said>`. Opening a process's memory needs the same right as attaching to it. */
const script = `
try() { name=$1; shift; said=$(sh -c "$*" 2>&1); echo "$name $? $(echo "$said" | tr '\\n' ' ')"; }
redirect='-t nat -A OUTPUT -p tcp -m owner --uid-owner 1 -j REDIRECT --to-ports 1'
try iptables "iptables-nft $redirect && echo nft || { iptables-legacy $redirect && echo legacy; }"
try tbf 'tc qdisc add dev lo root tbf rate 1mbit burst 32kbit latency 400ms && tc qdisc del dev lo root && echo there'
try netem 'tc qdisc add dev lo root netem delay 1ms && tc qdisc del dev lo root && echo there'
try ptrace 'sleep 5 & exec 3<>/proc/$!/mem && kill $! && echo allowed'
`;

/** Exported for its test. */
export const parseTrials = (output: string): ReadonlyMap<KernelFeature, Trial> =>
  new Map(
    [...output.matchAll(/^(iptables|tbf|netem|ptrace) (\d+) (.*?)\s*$/gm)].map(([, name, code, detail]) => [
      name as KernelFeature,
      { works: code === '0', detail: detail! },
    ]),
  );

/** `docker compose` or `docker-compose`, the first that is here. */
export const tryCompose = async (): Promise<Trial> => {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [file = '', ...args] = command;
    const { failed, stdout } = await execa(file, [...args, 'version', '--short'], { reject: false, stdin: 'ignore' });
    if (!failed) return { works: true, detail: `${command.join(' ')} ${stdout.trim()}` };
  }
  return { works: false, detail: 'neither `docker compose` nor `docker-compose` is here' };
};
