/**
 * A node's log, as far as its events tell: which entry it held at which index, and what it must have held after a restart.
 *
 * An event is written before the write that it tells of is durable, and writes become durable in order. So what a killed node finds again is its log after
 * some earlier event of that life; it is found by going back until the end of the log is what `node_started` says. Whatever does not
 * add up (a log file that begins in the middle, say) is forgotten: nothing is concluded from what is not known.
 */
import { numberOf, type RaftEvent } from './events.ts';

export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly digest: string;
  /** The event that put it there. */
  readonly source: RaftEvent;
}

type Step = { readonly appended: number } | { readonly removed: readonly LogEntry[] } | { readonly replaced: Contents };

interface Contents {
  /** Everything up to here is unknown (compacted, or from before the file began). */
  readonly baseIndex: number;
  /** Term at `baseIndex`, where known. */
  readonly baseTerm: number | undefined;
  readonly entries: LogEntry[];
}

export class NodeLog {
  #contents: Contents = { baseIndex: 0, baseTerm: 0, entries: [] };
  #steps: Step[] = [];

  get baseIndex(): number {
    return this.#contents.baseIndex;
  }

  get lastIndex(): number {
    return this.#contents.baseIndex + this.#contents.entries.length;
  }

  at(index: number): LogEntry | undefined {
    return this.#contents.entries[index - this.#contents.baseIndex - 1];
  }

  termAt(index: number): number | undefined {
    return index === this.#contents.baseIndex ? this.#contents.baseTerm : this.at(index)?.term;
  }

  /** Entries `[index, term, digest]` behind the end of the log. */
  append(entries: readonly LogEntry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    if (first.index !== this.lastIndex + 1) this.#forget(first.index - 1);
    this.#contents.entries.push(...entries);
    this.#steps.push({ appended: entries.length });
  }

  /** Removes the entries from an index on. */
  cut(from: number): void {
    const keep = from - this.#contents.baseIndex - 1;
    if (keep < 0) this.#forget(from - 1);
    else this.#steps.push({ removed: this.#contents.entries.splice(keep) });
  }

  /** A snapshot took the place of everything up to its index; what follows up to `lastIndex` stayed. */
  install(index: number, term: number, lastIndex: number): void {
    const kept = this.#contents.entries.filter(entry => entry.index > index && entry.index <= lastIndex);
    const complete = kept.length === lastIndex - index;
    this.#replace({ baseIndex: complete ? index : lastIndex, baseTerm: complete ? term : undefined, entries: complete ? kept : [] });
  }

  /** A new life begins with what was durable of the last one. */
  restart(started: RaftEvent): void {
    const lastIndex = numberOf(started, 'last_index');
    const lastTerm = numberOf(started, 'last_term');
    while (!this.#endsIn(lastIndex, lastTerm) && this.#steps.length > 0) this.#undo(this.#steps.pop()!);
    if (!this.#endsIn(lastIndex, lastTerm)) this.#contents = { baseIndex: lastIndex, baseTerm: lastTerm, entries: [] };
    this.#steps = [];
  }

  #endsIn(lastIndex: number, lastTerm: number): boolean {
    return this.lastIndex === lastIndex && this.termAt(lastIndex) === lastTerm;
  }

  #undo(step: Step): void {
    if ('replaced' in step) this.#contents = step.replaced;
    else if ('removed' in step) this.#contents.entries.push(...step.removed);
    else this.#contents.entries.splice(this.#contents.entries.length - step.appended);
  }

  #forget(upTo: number): void {
    this.#replace({ baseIndex: Math.max(0, upTo), baseTerm: upTo <= 0 ? 0 : undefined, entries: [] });
  }

  #replace(contents: Contents): void {
    this.#steps.push({ replaced: this.#contents });
    this.#contents = contents;
  }
}

/** The entries of a `log_appended` event. */
export function appendedEntries(event: RaftEvent): LogEntry[] {
  const entries = Array.isArray(event.context.entries) ? (event.context.entries as unknown[]) : [];
  return entries.flatMap(entry => {
    const [index, term, digest] = Array.isArray(entry) ? (entry as unknown[]) : [];
    return typeof index === 'number' && typeof term === 'number' ? [{ index, term, digest: String(digest), source: event }] : [];
  });
}
