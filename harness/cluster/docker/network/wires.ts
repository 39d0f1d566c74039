/**
 * The namespaces of a run as they should be: base rules and faults of the wire. A change goes out to all namespaces at once; a namespace that
 * comes (back) gets everything that is in force before it counts as there.
 */
import type { Broken, Flow, Site, WireFault } from '../../../protocol/cluster.ts';
import { UserError } from '../../../std/user-error.ts';
import { delayNames, endForwarder, hastenNamesRules } from './name-delay.ts';
import type { Post } from './post.ts';
import { type BaseRules, baseRules, installRules } from './rules.ts';
import { isShaping, needsNetem, type Shape, shapesOf, shapingScript } from './shaping.ts';
import { proveWire } from './wire-proof.ts';
import { removeWireRules, type Whereabouts, type WireBreak, wireRules } from './wire-rules.ts';

export interface Wires {
  /** Brings a namespace that has nothing of ours to where it should be. */
  enter(site: Site, post: Post): Promise<void>;
  /** Its namespace is gone, or about to be. */
  leave(site: Site): void;
  /** Addresses or links have changed: base rules and faults are made anew everywhere. */
  refresh(): Promise<void>;
  /** Nodes have come or gone: only base rules are. */
  refreshBase(): Promise<void>;
  breakWires(flows: readonly Flow[], fault: WireFault): Promise<Broken>;
  readonly posts: ReadonlyMap<Site, Post>;
  /** Takes everything of ours out of this namespace. */
  undo(site: Site): Promise<void>;
}

export interface WiresOptions {
  readonly netem: boolean;
  /** A name that the nodes' name server knows. */
  readonly knownName: string;
  readonly where: Whereabouts;
  baseOf(site: Site): BaseRules;
}

interface Place {
  readonly post: Post;
  /** Ids of the faults that have rules here. */
  readonly applied: Set<number>;
  shaped: boolean;
}

export const createWires = ({ netem, knownName, where, baseOf }: WiresOptions): Wires => {
  const { addressesOf } = where;
  const places = new Map<Site, Place>();
  const posts = new Map<Site, Post>();
  const broken = new Map<number, WireBreak>();
  let count = 0;
  const shapes = (site: Site): Shape[] => shapesOf(site, broken.values());

  /** One restore for all of them. Nothing is awaited before it is on its way, so what it says is true when it arrives. */
  const putRules = async (site: Site, place: Place, before: string, wires: Iterable<WireBreak>): Promise<void> => {
    let text = before;
    for (const wire of wires) {
      const rules = wireRules(site, wire, where);
      if (rules === undefined) continue;
      text += rules;
      place.applied.add(wire.id);
    }
    if (text !== '') await place.post.restore(text);
  };
  const shape = async (site: Site, place: Place): Promise<void> => {
    const wanted = shapes(site);
    if (wanted.length === 0 && !place.shaped) return;
    place.shaped = wanted.length > 0;
    await place.post.run(shapingScript(wanted, addressesOf));
  };
  const slowNames = async (site: Site, { post }: Place, { id, flows, fault }: WireBreak): Promise<void> => {
    if (fault.type !== 'dns' || fault.mode !== 'slow' || !flows.some(({ from }) => from === site)) return;
    await post.restore(await delayNames(post, id, fault.ms));
  };
  const put = async (site: Site, place: Place, wire: WireBreak): Promise<void> => {
    await putRules(site, place, '', [wire]);
    if (isShaping(wire.fault)) await shape(site, place);
    await slowNames(site, place, wire);
  };
  const take = async (site: Site, place: Place, { id, fault, flows }: WireBreak): Promise<void> => {
    if (place.applied.delete(id)) await place.post.restore(removeWireRules(id));
    if (isShaping(fault)) await shape(site, place);
    if (fault.type === 'dns' && fault.mode === 'slow' && flows.some(({ from }) => from === site)) {
      await place.post.restore(hastenNamesRules(id));
      await endForwarder(place.post.container, id);
    }
  };
  /** A namespace that went away meanwhile needs nothing any more. */
  const everywhere = async (change: (site: Site, place: Place) => Promise<void>): Promise<void> => {
    const results = await Promise.allSettled(
      [...places].map(([site, place]) =>
        change(site, place).catch(thrown => {
          if (places.get(site) === place) throw thrown;
        }),
      ),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };

  return {
    posts,
    enter: async (site, post) => {
      const place: Place = { post, applied: new Set(), shaped: false };
      places.set(site, place);
      posts.set(site, post);
      const base = installRules() + baseRules(baseOf(site));
      await Promise.all([putRules(site, place, base, broken.values()), shape(site, place)]);
      for (const wire of broken.values()) await slowNames(site, place, wire);
    },
    leave: site => {
      places.delete(site);
      posts.delete(site);
    },
    refresh: () =>
      everywhere(async (site, place) => {
        const stale = [...place.applied].map(removeWireRules).join('');
        place.applied.clear();
        await Promise.all([putRules(site, place, baseRules(baseOf(site)) + stale, broken.values()), shape(site, place)]);
      }),
    refreshBase: () => everywhere((site, { post }) => post.restore(baseRules(baseOf(site)))),
    breakWires: async (flows, fault) => {
      if (needsNetem(fault) && !netem) throw noNetem(fault);
      const wire: WireBreak = { id: count++, flows, fault };
      broken.set(wire.id, wire);
      const remove = async (): Promise<void> => {
        // Only when it is gone everywhere is it forgotten, so that a removal that failed can be tried again.
        const was = broken.delete(wire.id);
        if (!was) return;
        try {
          await everywhere((site, place) => take(site, place, wire));
        } catch (thrown) {
          broken.set(wire.id, wire);
          throw thrown;
        }
      };
      try {
        await everywhere((site, place) => put(site, place, wire));
      } catch (thrown) {
        await remove().catch(() => {}); // the first error is the one that counts
        throw thrown;
      }
      return { prove: () => proveWire(wire, { posts, knownName, addressesOf, shapes }), remove };
    },
    undo: async site => {
      const place = places.get(site);
      await place?.post.run('ordeal-undo');
    },
  };
};

const noNetem = ({ type }: WireFault): UserError =>
  new UserError('environment', 'no-netem', `the kernel of the Docker host has no netem (sch_netem), so packets cannot be made to ${type}`, {
    hint: 'load it on the Docker host (`modprobe sch_netem`), or choose faults that do without: latency by Toxiproxy, loss, bandwidth, drop',
  });
