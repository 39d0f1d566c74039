/** The part of `ordeal doctor` that is about containers: the daemon, its registry and images, compose, and the kernel under it. */
import { baseImage } from '../../cluster/docker/base-image.ts';
import { connectEngine, type Engine } from '../../cluster/docker/engine.ts';
import { type KernelFeature, type Trial, tryCompose, tryKernel, tryRegistry } from '../../cluster/docker/host-check.ts';
import { ensureSidecarImage, findSidecarImage, inspect } from '../../cluster/docker/images.ts';
import { messageOf, UserError } from '../../std/user-error.ts';
import type { Finding } from './doctor.ts';

const containers = '--on docker, --on compose and --on attach';

/** With `prepare` the images that the harness itself needs are made first, which takes a minute or two where there are none. */
export const dockerFindings = async (prepare: boolean): Promise<Finding[]> => {
  let engine: Engine;
  try {
    engine = await connectEngine();
  } catch (thrown) {
    const fix = thrown instanceof UserError ? thrown.hint : undefined;
    return [{ name: 'Docker', status: 'missing', detail: messageOf(thrown), for: containers, ...(fix !== undefined && { fix }) }];
  }
  try {
    if (prepare) await ensureSidecarImage(engine, sentence => process.stderr.write(`${sentence}\n`));
    return [daemon(engine), await registry(engine), ...(await images(engine)), await compose(), ...(await kernel(engine))];
  } finally {
    engine.close();
  }
};

const daemon = ({ describe: { version, apiVersion, host } }: Engine): Finding => ({
  name: 'Docker',
  status: 'ok',
  detail: `engine ${version}, API ${apiVersion}, at ${host}`,
  for: containers,
});

const found = (name: string, { works, detail }: Trial, use: string, fix: string): Finding => ({
  name,
  status: works ? 'ok' : 'missing',
  detail,
  for: use,
  fix,
});

const registry = async (engine: Engine): Promise<Finding> =>
  found('image registry', await tryRegistry(engine), 'pulling images; docs/docker.md says how to do without', 'nothing needs one');

const prepareFix = 'made when first needed; `ordeal doctor --prepare` makes it now';

const images = async (engine: Engine): Promise<Finding[]> => {
  const [base, sidecar] = [await inspect(engine, baseImage), await findSidecarImage(engine)];
  const trial = (image: { ref: string } | undefined): Trial => ({
    works: image !== undefined,
    detail: image?.ref ?? 'not on the Docker host',
  });
  return [
    found('base image', trial(base), 'building our own images', prepareFix),
    found('sidecar image', trial(sidecar), 'links between containers', prepareFix),
  ];
};

const compose = async (): Promise<Finding> =>
  found('compose', await tryCompose(), '--compose FILE', 'install the compose plugin of Docker, or (Debian) docker-compose');

const features: Readonly<Record<KernelFeature, readonly [use: string, fix: string]>> = {
  iptables: [
    'links between containers: every fault of the network',
    'load the modules iptable_nat, xt_owner, xt_REDIRECT, or use another kernel',
  ],
  tbf: ['a limited bandwidth of all packets; Toxiproxy covers TCP without it', 'load the module sch_tbf, or use a kernel that has it'],
  netem: [
    'delay, duplication and reordering of packets that are not TCP; Toxiproxy covers TCP without it',
    'load the module sch_netem, or use a kernel that has it',
  ],
  ptrace: ['skewed clocks of programs in containers', 'let containers have CAP_SYS_PTRACE, and set kernel.yama.ptrace_scope below 3'],
};

const kernel = async (engine: Engine): Promise<Finding[]> => {
  const image = await findSidecarImage(engine);
  const names = Object.keys(features) as KernelFeature[];
  const trials = image === undefined ? undefined : await tryKernel(engine, image.ref);
  const untried: Trial = { works: false, detail: 'not tried: that needs the sidecar image' };
  return names.map(name => {
    const [use, fix] = features[name];
    const trial = trials?.get(name) ?? untried;
    return found(`Docker host: ${name}`, trial, use, trial === untried ? prepareFix : fix);
  });
};
