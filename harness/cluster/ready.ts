/** Readiness, however a system describes it. */
import { createConnection } from 'node:net';
import type { Control, Endpoint, NodeId, Ready } from '../protocol/system.ts';

/** What only a provider can look at. */
export interface NodeView {
  readonly control: Control;
  /** Rejects unless the command ends with exit code 0. */
  exec(node: NodeId, command: readonly string[], signal: AbortSignal): Promise<void>;
  /** What the node wrote since its last start. */
  log(node: NodeId): string;
}

/** Resolves when the node serves; rejects when it does not (yet). */
export const lookReady = async (ready: Ready, view: NodeView, node: NodeId, signal: AbortSignal): Promise<void> => {
  if (typeof ready === 'function') return ready(view.control, node, signal);
  if ('tcp' in ready) return connects(view.control(node, ready.tcp), signal);
  if ('http' in ready) return answers(view.control(node, ready.http), ready.path ?? '/', signal);
  if ('command' in ready) return view.exec(node, ready.command, signal);
  if (!new RegExp(ready.log, 'm').test(view.log(node))) throw new Error(`no line matches /${ready.log}/ yet`);
};

/**
 * A proxy in between accepts before it has dialled: a connection that is closed at once was not accepted by the node. One that stays open
 * for a moment was.
 */
const connects = ({ host, port }: Endpoint, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ host, port });
    let timer: NodeJS.Timeout | undefined;
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    const onAbort = (): void => settle(new Error(`nothing accepts connections at ${host}:${port}`));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    socket.on('connect', () => {
      timer = setTimeout(settle, 50);
    });
    socket.on('data', () => settle()); // whoever greets is there
    socket.on('error', settle);
    socket.on('close', () => settle(new Error(`${host}:${port} closes connections at once`)));
  });

const answers = async ({ host, port }: Endpoint, path: string, signal: AbortSignal): Promise<void> => {
  const response = await fetch(`http://${host}:${port}${path}`, { signal });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
};
