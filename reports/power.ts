/** The power report as text: how much a history could have revealed. */
import type { z } from 'zod';
import type { powerSchema } from './contract.ts';
import { count, counted, duration, share } from './units.ts';

type Power = z.infer<typeof powerSchema>;
type Kind = Power['kinds'][number];

const barWidth = 20;

/** Lines without a trailing newline. A power report of a checker may be given as it is. */
export const powerLines = (power: PowerLike): string[] => [
  ...coverageLines(power.coverage),
  ...(power.notInjected === undefined ? [] : [`power    nothing was injected: ${power.notInjected}`]),
  ...power.kinds.filter(({ injected }) => injected > 0).map(kindLine),
  ...power.advice.map(sentence => `  ${sentence}`),
];

/** What is needed of it: readonly, as checkers give it. */
type PowerLike = DeepReadonly<Power>;
type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** A share as a bar of twenty: `████████▌           `. */
const bar = (part: number): string => `${'█'.repeat(Math.round(part * barWidth))}`.padEnd(barWidth, '·');

const kindLine = ({ kind, injected, caught, share: part, low, high }: DeepReadonly<Kind>): string =>
  `power    ${kind.padEnd(19)} ${bar(part)} ${`${Math.round(part * 100)} %`.padStart(5)} of ${injected} caught (${caught}; 95 %: ${Math.round(low * 100)} to ${Math.round(high * 100)} %)`;

const coverageLines = (coverage: DeepReadonly<Power['coverage']>): string[] => {
  const { operations, processes, keys, concurrencyMean, concurrencyMax, overlapping, written, read, faults } = coverage;
  const seen = written === null || read === null ? '' : `; ${count(read)} of ${counted(written, 'written value')} seen by anybody`;
  return [
    `covered  ${counted(operations, 'operation')} of ${counted(processes, 'process', 'processes')} on ${counted(keys, 'key')}; ${concurrencyMean.toFixed(1)} under way at once on average, ${concurrencyMax} at most; ${share(overlapping)} overlapped another on the same key${seen}`,
    ...faults.map(
      fault =>
        `covered  ${fault.kind}: ${counted(fault.succeededDuring, 'operation')} succeeded while ${fault.faults === 1 ? 'it was' : `${fault.faults} were`} in force, ${count(fault.succeededAfter)} within ${duration(1000)} of the end; of ${counted(fault.keysWritten, 'key')} written meanwhile ${count(fault.keysReadAfter)} read again within ${duration(5000)}`,
    ),
  ];
};
