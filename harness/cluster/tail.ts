import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last lines of a file, from byte `from` on, indented for quoting. Empty when there is no such file. */
export const readTail = (file: string, options: { lines?: number; from?: number } = {}): string => {
  const { lines = 10, from = 0 } = options;
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      const start = Math.max(from, size - 8192);
      const buffer = Buffer.alloc(Math.max(0, size - start));
      readSync(handle, buffer, 0, buffer.length, start);
      const all = buffer.toString('utf8').trimEnd().split('\n');
      return all
        .slice(-lines)
        .map(line => (line === '' ? '' : `  ${line}`))
        .join('\n');
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
};
