/** Where a cluster's containers come from: made by us, brought up from a compose file, or found running. */
import type { NodeId } from '../../protocol/system.ts';
import type { Json } from '../../std/json.ts';
import type { Engine } from './engine.ts';
import type { FoundContainer } from './found.ts';
import type { Fillable } from './hosts.ts';

export interface StageContext {
  readonly engine: Engine;
  /** The token of the run, which everything of it is labelled with. */
  readonly run: string;
  readonly say: (sentence: string) => void;
}

export interface Member {
  readonly node: NodeId;
  readonly containerId: string;
  /** As it was found, where it is somebody else's: to be put back if the controller dies. */
  readonly found?: FoundContainer;
  /** In the container; copied out at the end. */
  readonly logFiles: readonly string[];
  readonly fillables: () => Promise<readonly Fillable[]>;
}

export interface Raised {
  /** Docker networks that nodes are on, by id. */
  readonly networks: readonly string[];
  readonly members: Promise<readonly Member[]>;
  /** Of nodes whose addresses are known before they start. */
  readonly addresses?: ReadonlyMap<NodeId, readonly string[]>;
}

export interface Stage {
  /** Whether the containers go with the run, or stay as they were found. */
  readonly owned: boolean;
  /** Whether nodes may talk to each other on ports that the system does not name. */
  readonly learns: boolean;
  /** What takes long once and is kept: images. */
  prepare(context: StageContext, signal: AbortSignal): Promise<void>;
  /** Brings the containers about; whether they run already is their own affair. Throws a UserError that says what cannot be. */
  raise(context: StageContext, signal: AbortSignal): Promise<Raised>;
  /** Removes what `raise` made, whatever there is of it. Never throws; resolves to what is left. */
  strike(context: StageContext): Promise<string[]>;
  /** For run.json. */
  describe(): { readonly [name: string]: Json };
}
