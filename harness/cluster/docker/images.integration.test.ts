import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ensureBaseImage, ensureImage, inspect } from './images.ts';
import { dockerTest } from './testing/docker-here.ts';

const withDockerfile = async (lines: string[], use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'ordeal-image-'));
  try {
    writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

dockerTest(
  'an image is built once per content, and a file from elsewhere is in it',
  engine =>
    withDockerfile(['FROM debian:bookworm-slim', 'COPY greeting /greeting', 'ARG WORD', 'RUN grep -q "$WORD" /greeting'], async folder => {
      const greeting = join(folder, 'elsewhere');
      writeFileSync(greeting, 'hello world');
      const said: string[] = [];
      const source = { dockerfile: folder, args: { WORD: 'world' }, files: { greeting: async () => greeting } };
      const first = await ensureImage(engine, source, sentence => said.push(sentence));
      try {
        expect(first).toMatchObject({ ref: expect.stringMatching(/^ordeal\/ordeal-image-[a-z0-9]+:[0-9a-f]{16}$/), digest: null });
        const before = said.length;
        expect(await ensureImage(engine, source, sentence => said.push(sentence))).toEqual(first);
        expect(said.length, 'nothing is said, because nothing takes time').toBe(before);
      } finally {
        await engine.docker.getImage(first.ref).remove({ force: true });
      }
    }),
  180_000,
);

dockerTest('a build that fails quotes the step and what it wrote', engine =>
  withDockerfile(['FROM debian:bookworm-slim', 'RUN echo "no such luck" >&2 && false'], async folder => {
    await expect(ensureImage(engine, { dockerfile: folder }, () => {})).rejects.toMatchObject({
      code: 'image-build-failed',
      blame: 'environment',
      message: expect.stringMatching(/returned a non-zero code: 1\s+Step 2\/\d : RUN echo.*\n +no such luck$/),
    });
  }),
);

dockerTest('an image that is nowhere is told with what to do', async engine => {
  const ref = 'localhost:1/ordeal/nowhere:1';
  const missing = {
    code: 'image-missing',
    blame: 'environment',
    message: expect.stringContaining(`the image ${ref} is not on the Docker host, and cannot be pulled`),
    hint: expect.stringContaining('docker load'),
  };
  await expect(ensureImage(engine, { image: ref }, () => {})).rejects.toMatchObject(missing);
  await withDockerfile([`FROM ${ref}`], folder =>
    expect(ensureImage(engine, { dockerfile: folder }, () => {})).rejects.toMatchObject(missing),
  );
});

dockerTest('an official image that cannot be pulled is built instead', engine =>
  withDockerfile(['FROM debian:bookworm-slim', 'ENV BUILT=yes'], async folder => {
    const image = await ensureImage(engine, { dockerfile: folder, official: 'localhost:1/ordeal/nowhere:1' }, () => {});
    try {
      expect(image.ref).toMatch(/^ordeal\/ordeal-image-/);
    } finally {
      await engine.docker.getImage(image.ref).remove({ force: true });
    }
  }),
);

dockerTest(
  'the base image is there afterwards, and is not made twice',
  async engine => {
    const first = await ensureBaseImage(engine, () => {});
    const said: string[] = [];
    expect(await ensureBaseImage(engine, sentence => said.push(sentence))).toEqual(first);
    expect(said).toEqual([]);
    expect(await inspect(engine, 'debian:bookworm-slim')).toEqual(first);
  },
  180_000,
);
