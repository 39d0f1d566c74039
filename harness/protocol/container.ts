/** How a node starts as a container: what the Docker provider is told by a system. */
import type { Options } from './options.ts';
import type { NodeId } from './system.ts';

/**
 * Where an image comes from. With `dockerfile` it is built once per content: the folder is the build context, `files` are added to it by
 * their names there. With `official` it is pulled instead wherever a registry answers. With `image` it must be there already or be pulled.
 */
export type ImageSource =
  | { readonly image: string }
  | {
      /** Absolute path of the folder that holds the Dockerfile. */
      readonly dockerfile: string;
      readonly args?: Readonly<Record<string, string>>;
      /** More files for the build context: name there -> absolute path here, or a function that makes the file first (a `go build`) and resolves to its path. */
      readonly files?: Readonly<Record<string, string | (() => Promise<string>)>>;
      readonly official?: string;
    };

export interface ContainerContext {
  /** Also the host name under which every other node reaches it. Ports are the `number`s of the system's ports. */
  readonly id: NodeId;
  readonly nodes: readonly NodeId[];
  readonly options: Options;
  readonly bugs: readonly string[];
}

export interface ContainerSpec {
  readonly image: ImageSource;
  /** The image's own by default. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A folder in the container whose data survives a kill: a volume of the run. */
  readonly dataDir?: string;
  /** The size of that volume where it should be able to fill up: a tmpfs of this many bytes. */
  readonly dataBytes?: number;
  /** Files in the container that are copied to the node's folder of the run when it ends, for `judgeLogs`; absolute paths. */
  readonly logFiles?: readonly string[];
  readonly memoryBytes?: number;
  /** Cores, for instance 0.5. */
  readonly cpus?: number;
}
