/** What the kernel says of a fault of the wire: packets are sent that it must act on, and its counters are read before and after. */
import type { Site } from '../../../protocol/cluster.ts';
import type { Evidence } from '../../../protocol/fault.ts';
import { flowKey } from '../../toxiproxy/streams.ts';
import type { Post } from './post.ts';
import { classOf, needsNetem, type Shape } from './shaping.ts';
import { type AddressesOf, countPackets, type WireBreak } from './wire-rules.ts';

/** The namespaces as they are now; those of nodes that do not run are missing. */
export interface Ground {
  readonly posts: ReadonlyMap<Site, Post>;
  readonly addressesOf: AddressesOf;
  /** What lookups ask for. */
  readonly knownName: string;
  shapes(site: Site): readonly Shape[];
}

/** The discard port: nothing listens there, and what arrives is dropped or refused without harm. */
const nowhere = 9;
/** More flows than this prove nothing more. */
const most = 24;

export const proveWire = async (wire: WireBreak, ground: Ground): Promise<Evidence> => {
  const { fault } = wire;
  if (fault.type === 'drop') return proveDrop(wire, ground);
  if (fault.type === 'loss') return proveLoss(wire, ground, fault.share);
  if (fault.type === 'dns') return proveNames(wire, ground);
  return proveShaping(wire, ground);
};

/** Flows whose both ends run now, each with an address of the receiver. */
const askable = (wire: WireBreak, { posts, addressesOf }: Ground): { key: string; sender: Post; to: string }[] =>
  wire.flows
    .filter(({ from, to }) => posts.has(from) && posts.has(to))
    .slice(0, most)
    .map(flow => ({ key: flowKey(flow), sender: posts.get(flow.from)!, to: addressesOf(flow.to)[0]! }));

const send = (sender: Post, to: string, packets: number): Promise<string> =>
  sender.ask(`head -c ${packets * 16} /dev/zero | socat -u -b16 - UDP4-SENDTO:${to}:${nowhere}`);

/** Over all namespaces: `flow what` -> packets. */
const countAll = async (id: number, posts: ReadonlyMap<Site, Post>): Promise<Map<string, number>> => {
  const total = new Map<string, number>();
  const saved = await Promise.all([...posts.values()].map(post => post.counters()));
  for (const text of saved) for (const [note, count] of countPackets(text, id)) total.set(note, (total.get(note) ?? 0) + count);
  return total;
};

const proveDrop = async (wire: WireBreak, ground: Ground): Promise<Evidence> => {
  const asked = askable(wire, ground);
  const before = await countAll(wire.id, ground.posts);
  await Promise.all(asked.map(({ sender, to }) => send(sender, to, 3)));
  const after = await countAll(wire.id, ground.posts);
  const grown = (key: string): number => (after.get(`${key} dropped`) ?? 0) - (before.get(`${key} dropped`) ?? 0);
  const leaking = asked.filter(({ key }) => grown(key) < 3).map(({ key }) => key);
  const all = asked.reduce((sum, { key }) => sum + grown(key), 0);
  if (asked.length === 0) return { effective: false, detail: 'none of the nodes at the ends of these flows runs, so nothing can be shown' };
  if (leaking.length > 0) return { effective: false, detail: `packets sent over ${leaking.join(', ')} were not dropped` };
  return { effective: true, detail: `${all} packets dropped on ${asked.length} flows while this was looked at, every probe among them` };
};

/** Enough packets that a share is told from none, and the sampling error is small. */
const proveLoss = async (wire: WireBreak, ground: Ground, share: number): Promise<Evidence> => {
  const asked = askable(wire, ground);
  const packets = Math.round(Math.min(4000, Math.max(400, 40 / Math.max(share, 0.001))));
  const before = await countAll(wire.id, ground.posts);
  await Promise.all(asked.map(({ sender, to }) => send(sender, to, packets)));
  const after = await countAll(wire.id, ground.posts);
  const grown = (what: string): number =>
    asked.reduce((sum, { key }) => sum + (after.get(`${key} ${what}`) ?? 0) - (before.get(`${key} ${what}`) ?? 0), 0);
  const [seen, dropped] = [grown('seen'), grown('dropped')];
  const expected = seen * share;
  const spread = 5 * Math.sqrt(seen * share * (1 - share)) + 1;
  const detail = `${dropped} of ${seen} packets dropped (${((100 * dropped) / Math.max(1, seen)).toFixed(1)} %) where ${(100 * share).toFixed(1)} % were asked for`;
  return { effective: seen > 0 && (dropped > 0 || share === 0) && Math.abs(dropped - expected) <= spread, detail };
};

/** A lookup as the node makes it: same resolver, same namespace. Only the time and the way it fails count, not what is answered. */
const proveNames = async ({ id, flows, fault }: WireBreak, { posts, knownName }: Ground): Promise<Evidence> => {
  const senders = [...new Set(flows.map(({ from }) => from))].filter(site => posts.has(site)).slice(0, most);
  if (senders.length === 0) return { effective: false, detail: 'none of these nodes runs, so nothing can be shown' };
  const asked = await Promise.all(
    senders.map(async site => {
      const post = posts.get(site)!;
      const before = refused(await post.counters(), id);
      const said = await post.ask(
        `a=$(date +%s%N); timeout 12 getent ahostsv4 ${knownName}. >/dev/null; b=$(date +%s%N); echo $(( (b - a) / 1000000 ))`,
      );
      return { site, ms: Number(said.trim()), refused: refused(await post.counters(), id) - before };
    }),
  );
  const slow = fault.type === 'dns' && fault.mode === 'slow' ? fault.ms : undefined;
  const wrong = asked.filter(({ ms, refused: count }) => (slow === undefined ? count === 0 : ms < slow * 0.95));
  const times = asked.map(({ site, ms, refused: count }) => `${site}: ${ms} ms${slow === undefined ? `, ${count} questions refused` : ''}`);
  return { effective: wrong.length === 0, detail: `a name looked up from ${times.join('; ')}` };
};

const refused = (saved: string, id: number): number =>
  [...countPackets(saved, id)].reduce((sum, [note, count]) => sum + (note.endsWith(' refused') ? count : 0), 0);

/** The kernel's own word on the class of each flow, and that packets sent over the flow went through it. */
const proveShaping = async (wire: WireBreak, ground: Ground): Promise<Evidence> => {
  const asked = askable(wire, ground);
  if (asked.length === 0) return { effective: false, detail: 'none of the nodes at the ends of these flows runs, so nothing can be shown' };
  const senders = [...new Set(wire.flows.map(({ from }) => from))].filter(site => ground.posts.has(site));
  const before = await classesOf(senders, ground);
  await Promise.all(asked.map(({ sender, to }) => send(sender, to, 20)));
  const after = await classesOf(senders, ground);
  const missed = asked.filter(({ key }) => (after.get(key)?.packets ?? 0) - (before.get(key)?.packets ?? 0) < 20).map(({ key }) => key);
  const bare = needsNetem(wire.fault) ? asked.filter(({ key }) => after.get(key)?.netem !== true).map(({ key }) => key) : [];
  if (missed.length + bare.length > 0) return { effective: false, detail: `packets of ${[...missed, ...bare].join(', ')} are not held` };
  const [sample] = asked;
  const now = after.get(sample!.key)!;
  return {
    effective: true,
    detail: `the packets of ${asked.length} flows go through a class of their own (${sample!.key}: ${now.words})`,
  };
};

interface ClassState {
  /** That came to it, sent or not: a slow class that is full sends few. */
  readonly packets: number;
  readonly netem: boolean;
  readonly words: string;
}

const classesOf = async (sites: readonly Site[], ground: Ground): Promise<Map<string, ClassState>> => {
  const states = new Map<string, ClassState>();
  await Promise.all(
    sites.map(async site => {
      const text = await ground.posts
        .get(site)!
        .run('for d in $(tc qdisc show | awk \'$3 == "4f52:" { print $5 }\'); do tc -s class show dev $d; tc qdisc show dev $d; done');
      ground.shapes(site).forEach(({ flow }, i) => {
        const state = readClass(text, classOf(i));
        if (state !== undefined) states.set(flowKey(flow), state);
      });
    }),
  );
  return states;
};

/** `class htb 4f52:10 … rate 800Kbit …\n Sent 1234 bytes 20 pkt (dropped 0, overlimits 3 …`. Exported for its test. */
export const readClass = (text: string, id: string): ClassState | undefined => {
  const numbers = 'Sent (\\d+) bytes (\\d+) pkt \\(dropped (\\d+), overlimits (\\d+)[^\\n]*(?:\\n\\s*backlog \\S+ (\\d+)p)?';
  const found = new RegExp(`class htb ${id} .*?(rate \\S+).*\\n\\s*${numbers}`).exec(text);
  if (found === null) return undefined;
  const [, rate, bytes, sent, dropped, overlimits, waiting = 0] = found;
  const netem = new RegExp(`qdisc netem \\S+ parent ${id} .*`).exec(text)?.[0];
  const held = netem === undefined ? `${rate}` : netem.replace(/^.*parent \S+ /, 'netem ');
  return {
    packets: Number(sent) + Number(dropped) + Number(waiting),
    netem: netem !== undefined,
    words: `${held}, ${bytes} bytes sent, ${overlimits} times held back, ${dropped} packets dropped`,
  };
};
