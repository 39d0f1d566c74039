/** All checkers, found by consistency model and workload. */
import type { Checker } from '../harness/protocol/checker.ts';
import { linearizable } from './linearizable/checker.ts';

export const checkers: readonly Checker[] = [linearizable];
