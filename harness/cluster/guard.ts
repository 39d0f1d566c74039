/** A guard of the controller's own, for whatever it starts besides the nodes: client programs, hooks. Its watchdog starts when somebody needs it. */
import type { Guard } from '../protocol/guard.ts';
import { startWatchdog, type Watchdog } from './watchdog/watchdog.ts';

export interface ControllerGuard {
  guard(): Promise<Guard>;
  /** Ends what is still there and undoes what is still held. Never throws; says what was left. */
  close(): Promise<string[]>;
}

export const createGuard = (runFolder: string, onTrouble: (sentence: string) => void): ControllerGuard => {
  let watchdog: Promise<Watchdog> | undefined;
  return {
    guard: () => {
      watchdog ??= startWatchdog(runFolder, onTrouble);
      return watchdog;
    },
    close: async () => {
      const held = await watchdog?.catch(() => undefined);
      if (held === undefined) return [];
      const left = await held.endAll();
      return [...left.map(sentence => `at the end of the run: ${sentence}`), ...(await held.close())];
    },
  };
};
