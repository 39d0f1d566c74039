/** One node of the reference Raft, one process. Prints one JSON line on stdout when it listens; ends cleanly on SIGTERM and SIGINT. */
import { startNode } from './node.ts';
import { parseOptions, UsageError, usage } from './options.ts';

const fail = (error: unknown, code: number): never => {
  process.stderr.write(`raft: ${describe(error)}\n`);
  process.exit(code);
};

function describe(error: unknown): string {
  const { code, message, address, port, path, name, stack } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `port ${port} on ${address} is in use; stop what listens there or choose another port`;
  if (code === 'ENOSPC') return `the disk is full${path ? ` (${path})` : ''}; the node stops rather than promise what it cannot keep`;
  if (code !== undefined || name === 'CorruptionError' || name === 'UsageError') return message;
  return stack ?? String(error);
}

if (process.argv.includes('--help')) {
  process.stdout.write(usage);
  process.exit(0);
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  const node = await startNode(options, error => fail(error, 1));
  const stop = () => {
    node.close().then(
      () => process.exit(0),
      error => fail(error, 1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Last: whoever reads this line may send a signal at once.
  process.stdout.write(`${JSON.stringify({ event: 'listening', id: options.id, ...node.ports })}\n`);
} catch (error) {
  fail(error, error instanceof UsageError ? 64 : 1);
}
