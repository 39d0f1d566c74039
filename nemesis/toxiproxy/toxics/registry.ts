/** The toxics by name: their attributes in the order the API prints them, Go's names for error messages, and their stage. */
import type { Shape } from '../json/decode.ts';
import { BandwidthStage } from './bandwidth.ts';
import { LatencyStage } from './latency.ts';
import { LimitDataStage } from './limit-data.ts';
import { NoopStage } from './noop.ts';
import { ResetPeerStage } from './reset-peer.ts';
import { SlicerStage } from './slicer.ts';
import { SlowCloseStage } from './slow-close.ts';
import type { Attributes, Line, Stage } from './stage.ts';
import { TimeoutStage } from './timeout.ts';

export interface ToxicType {
  readonly attributes: Shape & { kind: 'struct' };
  readonly stage: new (attributes: Attributes, line: Line) => Stage;
}

const attributes = (struct: string, kind: 'int64' | 'int', ...names: string[]): ToxicType['attributes'] => ({
  kind: 'struct',
  goType: `toxics.${struct}`,
  struct,
  fields: Object.fromEntries(names.map(name => [name, { kind }])),
});

export const toxicTypes: ReadonlyMap<string, ToxicType> = new Map<string, ToxicType>([
  ['latency', { attributes: attributes('LatencyToxic', 'int64', 'latency', 'jitter'), stage: LatencyStage }], // ms
  ['bandwidth', { attributes: attributes('BandwidthToxic', 'int64', 'rate'), stage: BandwidthStage }], // KB/s
  ['slow_close', { attributes: attributes('SlowCloseToxic', 'int64', 'delay'), stage: SlowCloseStage }], // ms
  ['timeout', { attributes: attributes('TimeoutToxic', 'int64', 'timeout'), stage: TimeoutStage }], // ms
  ['reset_peer', { attributes: attributes('ResetToxic', 'int64', 'timeout'), stage: ResetPeerStage }], // ms
  ['slicer', { attributes: attributes('SlicerToxic', 'int', 'average_size', 'size_variation', 'delay'), stage: SlicerStage }], // bytes, bytes, µs
  ['limit_data', { attributes: attributes('LimitDataToxic', 'int64', 'bytes'), stage: LimitDataStage }],
  ['noop', { attributes: attributes('NoopToxic', 'int64'), stage: NoopStage }],
]);
