/** Nodes as bare processes that reach each other without proxies, for integration tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releasePorts, reservePorts } from '../../../harness/cluster/ports.ts';
import { type Options, resolveOptions } from '../../../harness/protocol/options.ts';
import type { Endpoint, NodeId } from '../../../harness/protocol/system.ts';
import { raft } from '../system.ts';

export interface LocalNode {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  stderr: string;
}

export interface LocalCluster {
  readonly ids: readonly NodeId[];
  endpoint(id: NodeId, port: string): Endpoint;
  start(id: NodeId, extra?: readonly string[]): Promise<LocalNode>;
  /** SIGKILL by default; resolves to the exit code when it is gone. */
  stop(id: NodeId, signal?: NodeJS.Signals): Promise<number | null>;
  status(
    id: NodeId,
  ): Promise<{ role: string; term: number; leader: NodeId | null; lastApplied: number; members: string[]; snapshotIndex: number }>;
  /** The node that all of these follow; polls until there is one. */
  leader(ids?: readonly NodeId[]): Promise<NodeId>;
  admin(id: NodeId, path: string, body?: unknown): Promise<Response>;
  events(id: NodeId): { event: string; context: Record<string, unknown> }[];
  dataDir(id: NodeId): string;
  close(): Promise<void>;
}

const names = ['client', 'peer', 'admin'] as const;

export async function localCluster(ids: readonly NodeId[], options: Options = {}): Promise<LocalCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'raft-test-'));
  const ports = new Map<string, number>();
  const reserved = await reservePorts(ids.length * names.length);
  for (const [i, id] of ids.entries()) for (const [j, name] of names.entries()) ports.set(`${id}/${name}`, reserved[i * names.length + j]!);
  const endpoint = (id: NodeId, port: string): Endpoint => ({ host: '127.0.0.1', port: ports.get(`${id}/${port}`)! });
  const nodes = new Map<NodeId, LocalNode>();

  const start = async (id: NodeId, extra: readonly string[] = []): Promise<LocalNode> => {
    mkdirSync(join(folder, id, 'logs'), { recursive: true });
    const { command, args } = raft.node!({
      id,
      nodes: ids,
      options: resolveOptions(raft.options, options),
      bugs: [],
      listen: Object.fromEntries(names.map(name => [name, endpoint(id, name)])),
      peer: (to, port) => endpoint(to, port),
      dataDir: join(folder, id, 'data'),
      logDir: join(folder, id, 'logs'),
      incarnation: 0,
      clock: { offsetMs: 0, rate: 1 },
    });
    const child = spawn(command, [...args, ...extra], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<number | null>(resolve => child.once('exit', resolve));
    const node: LocalNode = { process: child, exited, stderr: '' };
    child.stderr.on('data', chunk => {
      node.stderr += chunk;
    });
    nodes.set(id, node);
    await Promise.race([new Promise(resolve => child.stdout.once('data', resolve)), exited]);
    return node;
  };

  const admin = (id: NodeId, path: string, body?: unknown): Promise<Response> => {
    const { host, port } = endpoint(id, 'admin');
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return fetch(`http://${host}:${port}${path}`, { ...post, signal: AbortSignal.timeout(5000) });
  };
  const status: LocalCluster['status'] = async id => (await admin(id, '/status')).json() as ReturnType<LocalCluster['status']>;

  return {
    ids,
    endpoint,
    start,
    status,
    admin,
    async stop(id, signal = 'SIGKILL') {
      const node = nodes.get(id)!;
      node.process.kill(signal);
      return node.exited;
    },
    async leader(asked = ids) {
      return eventually(async () => {
        const leaders = new Set((await Promise.all(asked.map(status))).map(({ leader }) => leader));
        const [leader] = leaders;
        return leaders.size === 1 && leader ? leader : undefined;
      });
    },
    events(id) {
      const file = join(folder, id, 'logs', 'events.jsonl');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').split('\n');
      return lines.filter(line => line !== '').map(line => JSON.parse(line));
    },
    dataDir: id => join(folder, id, 'data'),
    async close() {
      for (const node of nodes.values()) node.process.kill('SIGKILL');
      await Promise.all([...nodes.values()].map(({ exited }) => exited));
      releasePorts(reserved);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Polls until there is an answer; throws after 10 s. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error('it did not come about within 10 s', { cause: last });
}
