import { expect, test } from 'vitest';
import type { FaultContext } from '../../harness/protocol/fault.ts';
import { proveOffset, proveRate, proveStrobe, proveTrue } from './clock-proof.ts';

type Clock = () => number | Promise<number>;

/** One node whose provider reads `read`, and which itself says `word`. */
const nodeWith = ({ read, word }: { read: Clock; word?: Clock }): FaultContext => {
  const cluster = {
    readClock: async () => ({ wallMs: await read(), monotonicMs: performance.now() }),
    control: (node: string, port: string) => ({ host: `${node}.${port}`, port: 1 }),
    state: () => 'running',
  };
  const now = async (_node: string, { host }: { host: string }): Promise<number> => {
    expect(host).toBe('n1.clients');
    return word!();
  };
  return { cluster, system: { clientPort: 'clients', ...(word && { now }) } } as unknown as FaultContext;
};

/** Never a whole second, which would be taken for a clock that knows nothing finer. */
const off =
  (skewMs: number): Clock =>
  () => {
    const wallMs = Date.now() + skewMs;
    return wallMs % 1000 === 0 ? wallMs + 1 : wallMs;
  };
const wholeSeconds =
  (skewMs: number): Clock =>
  () =>
    Math.floor((Date.now() + skewMs) / 1000) * 1000;
const drifting = (rate: number): Clock => {
  const start = Date.now();
  return () => (off(0)() as number) + (Date.now() - start) * (rate - 1);
};
const soon = (): AbortSignal => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 3000).unref();
  return stop.signal;
};
const hour = 3_600_000;

test.concurrent('the word of the node counts, not what the provider believes to have done', async () => {
  const unmoved = nodeWith({ read: off(hour), word: off(0) });
  expect(await proveOffset(unmoved, 'n1', hour, soon())).toMatchObject({
    effective: false,
    detail: expect.stringMatching(/^by its own word n1's clock is off by -?\d ms, not by 3600000 ms$/),
  });
  expect(await proveOffset(nodeWith({ read: off(0), word: off(hour) }), 'n1', hour, soon())).toMatchObject({ effective: true });
});

test.concurrent('where nothing says the time, it is read back', async () => {
  expect(await proveOffset(nodeWith({ read: off(-hour) }), 'n1', -hour, soon())).toMatchObject({ effective: true });
  expect(await proveOffset(nodeWith({ read: off(0) }), 'n1', -hour, soon())).toMatchObject({ effective: false });
});

test.concurrent('a node that cannot be asked just now is read back, and the evidence says so', async () => {
  const mute = nodeWith({ read: off(hour), word: () => Promise.reject(new Error('connection refused')) });
  expect(await proveOffset(mute, 'n1', hour, soon())).toMatchObject({
    effective: true,
    detail: expect.stringMatching(/^read back \(it does not say the time: connection refused\), n1's clock is off by/),
  });
});

test.concurrent('whole seconds prove a big jump; for a small one and for a rate the clock is read back', async () => {
  const coarse = { word: wholeSeconds(hour) };
  expect(await proveOffset(nodeWith({ ...coarse, read: off(0) }), 'n1', hour, soon())).toMatchObject({ effective: true });
  expect(await proveOffset(nodeWith({ ...coarse, read: off(0) }), 'n1', 2 * hour, soon())).toMatchObject({ effective: false });
  const small = await proveOffset(nodeWith({ word: wholeSeconds(250), read: off(250) }), 'n1', 250, soon());
  expect(small).toMatchObject({ effective: true, detail: expect.stringContaining('read back (it tells whole seconds only)') });
  expect(await proveRate(nodeWith({ ...coarse, read: drifting(2) }), 'n1', 2, soon())).toMatchObject({ effective: true });
  expect(await proveRate(nodeWith({ ...coarse, read: drifting(1) }), 'n1', 2, soon())).toMatchObject({ effective: false });
});

test.concurrent('a skew too small to tell from a true clock proves nothing', async () => {
  expect(await proveOffset(nodeWith({ read: off(40) }), 'n1', 40, soon())).toMatchObject({
    effective: false,
    detail: expect.stringContaining('cannot be told from right'),
  });
});

test.concurrent('a node that looks at its clock now and then is given the time to', async () => {
  const asked = Date.now();
  const late = nodeWith({ read: off(0), word: () => off(Date.now() - asked > 400 ? hour : 0)() });
  expect(await proveOffset(late, 'n1', hour, soon())).toMatchObject({ effective: true });
});

test.concurrent('a strobe is proven by both readings', async () => {
  let asked = 0;
  const flickering = nodeWith({ read: off(0), word: () => off(asked++ % 2 === 0 ? 0 : hour)() });
  expect(await proveStrobe(flickering, 'n1', hour, soon())).toMatchObject({ effective: true });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  expect(await proveStrobe(nodeWith({ read: off(hour) }), 'n1', hour, stop.signal)).toMatchObject({
    effective: false,
    detail: expect.stringContaining('only seen wrong'),
  });
});

test.concurrent('a clock is right again when the node itself says so', async () => {
  const skews = new Map([['n1', { offsetMs: hour, rate: 1 }]]);
  expect(await proveTrue(skews, nodeWith({ read: off(hour), word: off(0) }), soon())).toMatchObject({ effective: true });
  expect(await proveTrue(skews, nodeWith({ read: off(0), word: wholeSeconds(0) }), soon())).toMatchObject({ effective: true });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  expect(await proveTrue(skews, nodeWith({ read: off(0), word: off(hour) }), stop.signal)).toMatchObject({
    effective: false,
    detail: 'n1 still skewed',
  });
});
