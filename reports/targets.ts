/** What a fault hit, in few words: `n3 | n1, n2, n4, n5` for two sides, `n1–n2` for a link, `n1 → n2` for one direction, `n2` for a node. */

/** Nodes stay as they are; flows are gathered. Order follows the targets given. */
export const describeTargets = (targets: readonly string[]): string => {
  const nodes = targets.filter(target => !target.includes('>'));
  const to = new Map<string, Set<string>>();
  for (const target of targets) {
    const [from, end] = target.split('>');
    if (end !== undefined) to.set(from!, (to.get(from!) ?? new Set()).add(end));
  }
  return [nodes.join(', '), sides(to) ?? pairs(to) ?? directions(to)].filter(Boolean).join('; ') || 'nothing';
};

type Flows = ReadonlyMap<string, ReadonlySet<string>>;

/** Two sides that are cut from each other both ways, all of one from all of the other; undefined where the flows are not of that shape. */
const sides = (to: Flows): string | undefined => {
  const [first] = to;
  if (first === undefined) return undefined;
  const right = first[1];
  const left = new Set([...to.keys()].filter(node => !right.has(node)));
  const whole = [...to].every(([from, ends]) => same(ends, left.has(from) ? right : left));
  if (!whole || to.size !== left.size + right.size) return undefined;
  return [left, right]
    .map(side => [...side].sort())
    .sort((a, b) => a.length - b.length)
    .map(side => side.join(', '))
    .join(' | ');
};

/** Links cut both ways, each once; undefined where some flow has no reverse. */
const pairs = (to: Flows): string | undefined => {
  const links: string[] = [];
  for (const [from, ends] of to)
    for (const end of ends) {
      if (!to.get(end)?.has(from)) return undefined;
      if (from < end) links.push(`${from}–${end}`);
    }
  return links.sort().join(', ');
};

/** Each sender with its receivers; senders that share theirs are gathered. */
const directions = (to: Flows): string => {
  const senders = new Map<string, string[]>();
  for (const [from, ends] of to) {
    const receivers = [...ends].sort().join(', ');
    senders.set(receivers, [...(senders.get(receivers) ?? []), from]);
  }
  return [...senders].map(([receivers, from]) => `${from.join(', ')} → ${receivers}`).join('; ');
};

const same = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => a.size === b.size && [...a].every(item => b.has(item));
