/** One JSON line per event on stdout, as the real server's log. LOG_LEVEL (trace … error, disabled) says from which level on; `info` unless set. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'disabled'];

export const silentLog: Log = () => {};

export function jsonLog(write: (line: string) => void, threshold = process.env.LOG_LEVEL): Log {
  const from = Math.max(0, LEVELS.indexOf(LEVELS.includes(threshold ?? '') ? threshold! : 'info'));
  return (level, message, fields) => {
    if (LEVELS.indexOf(level) < from) return;
    write(`${JSON.stringify({ level, ...fields, time: new Date().toISOString(), message })}\n`);
  };
}
