/** What several workloads share: counters, keys that take turns, and the final reads of every node. */
import { each } from '../harness/generator/basic.ts';
import { eachProcess, onThreads } from '../harness/generator/processes.ts';
import type { Generator, Request } from '../harness/protocol/generator.ts';

/** 1, 2, 3, … */
export const numbered = (): (() => number) => {
  let last = 0;
  return () => ++last;
};

/** A key `<prefix>0` for so many calls, then `<prefix>1`, …; 0: always the first. */
export const rotating = (prefix: string, uses: number): (() => string) => {
  let calls = 0;
  return () => `${prefix}${uses > 0 ? Math.floor(calls++ / uses) : 0}`;
};

/** One process per node, so that every node has its say, asks all of these in turn. */
export const onEveryNode = (nodes: number, requests: readonly Request[]): Generator =>
  onThreads(thread => thread < nodes, eachProcess(each(requests)));
