/**
 * Everything that goes to stderr goes through here, so that the one live line never mixes with log lines. stdout belongs to results.
 */
import { Writable } from 'node:stream';
import pc from 'picocolors';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export interface Terminal {
  readonly live: boolean;
  /** Replaces the live line on a terminal; elsewhere prints a line of its own. */
  status(text: string): void;
  line(text: string): void;
  clear(): void;
  /** Logs as JSON to the file, pretty to stderr from `level` on. */
  logger(file: string | undefined, level: 'debug' | 'info' | 'warn'): Logger;
}

/** A terminal that understands escapes. */
const isSmart = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && process.env.TERM !== 'dumb';

const paintFor = (stream: NodeJS.WriteStream) =>
  pc.createColors(!process.env.NO_COLOR && (isSmart(stream) || Boolean(process.env.FORCE_COLOR)));

/** Colours only where a person looks; `NO_COLOR` and `FORCE_COLOR` are respected. */
export const colours = paintFor(process.stdout);

export const createTerminal = (stream: NodeJS.WriteStream = process.stderr): Terminal => {
  const live = isSmart(stream) && !process.env.CI;
  let shown = '';
  const clear = (): void => {
    if (shown !== '') stream.write('\r\u001b[2K');
    shown = '';
  };
  const line = (text: string): void => {
    const status = shown;
    clear();
    stream.write(`${text}\n`);
    if (status !== '') show(status);
  };
  const show = (text: string): void => {
    shown = text.slice(0, Math.max(20, (stream.columns || 100) - 1));
    stream.write(`\r\u001b[2K${shown}`);
  };
  return {
    live,
    line,
    clear,
    status: text => (live ? show(text) : line(text)),
    logger: (file, level) => {
      const toScreen = new Writable({
        write(chunk, _encoding, done) {
          line(String(chunk).trimEnd());
          done();
        },
      });
      const screen = pretty({
        colorize: live && !process.env.NO_COLOR,
        ignore: 'pid,hostname',
        translateTime: 'SYS:HH:MM:ss.l',
        destination: toScreen,
        sync: true,
      });
      const streams: pino.StreamEntry[] = [{ level, stream: screen }];
      if (file !== undefined) streams.push({ level: 'debug', stream: fileStream(file, line) });
      return pino({ level: 'debug', base: null }, pino.multistream(streams));
    },
  };
};

/** A log that cannot be written (a full disk) is said once and loses lines, never the run. */
const fileStream = (file: string, line: (text: string) => void): pino.DestinationStream => {
  const destination = pino.destination({ dest: file, sync: true, mkdir: true });
  destination.once('error', error => line(`cannot write ${file}: ${error.message}`));
  destination.on('error', () => undefined);
  return destination;
};

/** For messages on stderr. */
export const errorColours = paintFor(process.stderr);
