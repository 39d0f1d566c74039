/**
 * Images of a run: there already, built once per content, or pulled. A registry is asked only for what is not on the Docker host, and where
 * none answers the error says how to go on without one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ImageSource } from '../../protocol/container.ts';
import { sleep } from '../../std/deadline.ts';
import { projectRoot } from '../../std/paths.ts';
import { UserError } from '../../std/user-error.ts';
import { baseImage, makeBaseImage } from './base-image.ts';
import { contextDigest, contextStream, readContext } from './build-context.ts';
import { daemonWords, dockerError, type Engine, ifThere } from './engine.ts';
import { followProgress } from './progress.ts';
import { toxiproxyBinary } from './toxiproxy-binary.ts';

export interface Image {
  readonly ref: string;
  /** Of its configuration: `sha256:…`. */
  readonly id: string;
  /** As a registry knows it; null where it was never in one. */
  readonly digest: string | null;
}

/** Told what takes time, one sentence at a time. */
export type Say = (sentence: string) => void;

/**
 * Resolves when the image is on the Docker host. An image that is there costs one call. Throws a UserError `image-missing` (not there, and
 * no registry has it) or `image-build-failed` (quotes the step that failed).
 */
export const ensureImage = async (engine: Engine, source: ImageSource, say: Say): Promise<Image> => {
  if ('image' in source) return (await inspect(engine, source.image)) ?? (await pulledOrMissing(engine, source.image, say));
  const { official } = source;
  if (official === undefined) return build(engine, source, say);
  return (await inspect(engine, official)) ?? ((await pull(engine, official, say)).image || build(engine, source, say));
};

/** `debian:bookworm-slim`, which our own Dockerfiles start from: pulled, or made of Debian's packages where no registry answers. */
export const ensureBaseImage = (engine: Engine, say: Say): Promise<Image> => {
  const making = beingMade.get(engine) ?? getBaseImage(engine, say).finally(() => beingMade.delete(engine));
  beingMade.set(engine, making);
  return making;
};

/** Several Dockerfiles may want it at the same time. */
const beingMade = new WeakMap<Engine, Promise<Image>>();

const getBaseImage = async (engine: Engine, say: Say): Promise<Image> => {
  const found = (await inspect(engine, baseImage)) ?? (await pull(engine, baseImage, say)).image;
  if (found !== undefined) return found;
  say(`making ${baseImage} of Debian's packages, because no registry answers; this takes a minute, once`);
  await makeBaseImage(engine);
  return (await inspect(engine, baseImage))!;
};

/** What stands beside every node: Toxiproxy and the kernel's packet tools. */
const sidecarSource = (engine: Engine, say: Say): ImageSource => ({
  dockerfile: join(projectRoot, 'docker/sidecar'),
  files: { 'toxiproxy-server': () => toxiproxyBinary(engine, say, ref => ensureImage(engine, { image: ref }, say)) },
});

export const ensureSidecarImage = (engine: Engine, say: Say): Promise<Image> => ensureImage(engine, sidecarSource(engine, say), say);

/** The newest that is there, perhaps of an older content; undefined where none was built yet. */
export const findSidecarImage = async (engine: Engine): Promise<Image | undefined> => {
  const there = await engine.docker.listImages({ filters: { reference: ['ordeal/sidecar'] } });
  const newest = there.sort((a, b) => b.Created - a.Created)[0]?.RepoTags?.[0];
  return newest === undefined ? undefined : inspect(engine, newest);
};

/** Undefined where the Docker host does not have it. */
export const inspect = async ({ docker }: Engine, ref: string): Promise<Image | undefined> => {
  try {
    const found = await ifThere(docker.getImage(ref).inspect());
    return found && { ref, id: found.Id, digest: found.RepoDigests?.[0]?.split('@')[1] ?? null };
  } catch (thrown) {
    throw dockerError(thrown, `the image ${ref} cannot be looked up`);
  }
};

const pulledOrMissing = async (engine: Engine, ref: string, say: Say): Promise<Image> => {
  const { image, words } = await pull(engine, ref, say);
  if (image !== undefined) return image;
  throw new UserError('environment', 'image-missing', `the image ${ref} is not on the Docker host, and cannot be pulled: ${words}`, {
    hint: `build it (\`docker build -t ${ref} FOLDER\`), load it from a file (\`docker load\`), or name an image that is there (\`docker images\`); docs/docker.md says how to work without a registry`,
  });
};

/** A registry that cannot be reached may hang instead of refusing. */
const silenceMs = 45_000;

const pull = async (engine: Engine, ref: string, say: Say): Promise<{ image?: Image; words: string }> => {
  const silence = new AbortController();
  let heard = Date.now();
  const watch = (async () => {
    while (!silence.signal.aborted && Date.now() - heard < silenceMs) await sleep(1000, silence.signal);
    silence.abort(new Error(`nothing was heard of it for ${silenceMs / 1000} s`));
  })();
  say(`pulling ${ref}`);
  try {
    // Without a tag the daemon would pull every one there is.
    const tagged = /[:@][^/]+$/.test(ref) ? ref : `${ref}:latest`;
    const stream = await engine.docker.pull(tagged, { abortSignal: silence.signal });
    const { error } = await followProgress(stream, () => (heard = Date.now()));
    const image = error === undefined ? await inspect(engine, ref) : undefined;
    return { ...(image && { image }), words: error ?? 'the daemon pulled it but does not have it' };
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    return { words: silence.signal.aborted ? String((silence.signal.reason as Error).message) : daemonWords(thrown) };
  } finally {
    silence.abort();
    await watch;
  }
};

type BuildSource = Extract<ImageSource, { dockerfile: string }>;

const build = async (engine: Engine, source: BuildSource, say: Say): Promise<Image> => {
  const dockerfile = join(source.dockerfile, 'Dockerfile');
  if (!existsSync(dockerfile)) throw new UserError('environment', 'dockerfile-missing', `there is no ${dockerfile}`);
  const bases = await basesOf(engine, readFileSync(dockerfile, 'utf8'), say);
  const context = readContext(source.dockerfile, await filesOf(source));
  const digest = contextDigest(context, JSON.stringify(source.args ?? {}), engine.describe.architecture, ...bases);
  const ref = `ordeal/${repositoryOf(source.dockerfile)}:${digest.slice(0, 16)}`;
  const found = await inspect(engine, ref);
  if (found !== undefined) return found;

  say(`building the image of ${dockerfile}`);
  const options = {
    t: ref,
    buildargs: source.args ?? {},
    labels: { 'ordeal.image': basename(source.dockerfile) },
    rm: true,
    forcerm: true,
  };
  const stream = await engine.docker.buildImage(contextStream(context), options).catch(thrown => {
    throw new UserError('environment', 'image-build-failed', `${dockerfile} could not be built: ${daemonWords(thrown)}`, { cause: thrown });
  });
  const { error, step, output } = await followProgress(stream);
  if (error !== undefined) throw buildError(dockerfile, error, step, output);
  const image = await inspect(engine, ref);
  if (image === undefined) throw new UserError('environment', 'image-build-failed', `the build of ${dockerfile} left no image ${ref}`);
  return image;
};

const repositoryOf = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'image';

const buildError = (dockerfile: string, error: string, step: string | undefined, output: string): UserError => {
  const where = step === undefined ? '' : `\n  ${step}`;
  const quoted = output === '' ? '' : `\n${output.replace(/^/gm, '    ')}`;
  const offline = /lookup |no such host|dial tcp|i\/o timeout|connection refused|pull access denied|TLS handshake/i.test(error);
  return new UserError('environment', 'image-build-failed', `${dockerfile} could not be built: ${error.trim()}${where}${quoted}`, {
    hint: offline
      ? 'the image that it starts FROM is not on the Docker host, and no registry has it: load or import it first (docs/docker.md says how)'
      : `mend that step; \`docker build ${dockerfile.replace(/\/Dockerfile$/, '')}\` runs it alone`,
  });
};

/** The images that a Dockerfile starts from, by their ids: they belong to its digest. Missing ones are got first, so that a lack is told as one. */
const basesOf = async (engine: Engine, dockerfile: string, say: Say): Promise<string[]> => {
  const ids: string[] = [];
  for (const ref of startsFrom(dockerfile)) {
    const image = ref === baseImage ? await ensureBaseImage(engine, say) : await ensureImage(engine, { image: ref }, say);
    ids.push(`${ref}=${image.id}`);
  }
  return ids;
};

/** Images from outside that a Dockerfile names: not its own stages, not `scratch`, nothing that an argument decides. Exported for its test. */
export const startsFrom = (dockerfile: string): string[] => {
  const lines = [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)];
  const own = new Set(['scratch', ...lines.map(line => line[2]?.toLowerCase())]);
  return [...new Set(lines.map(line => line[1]!))].filter(ref => !own.has(ref.toLowerCase()) && !ref.includes('$'));
};

const filesOf = async ({ files = {} }: BuildSource): Promise<Map<string, string>> => {
  const made = Object.entries(files).map(async ([name, file]) => [name, typeof file === 'string' ? file : await file()] as const);
  return new Map(await Promise.all(made));
};
