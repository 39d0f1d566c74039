/** What must not outlive the controller: it is ended, or undone, by a watchdog when the controller dies. */

/** A command that undoes something. It runs on the controller's machine, from a process that outlives the controller. */
export interface UndoCommand {
  /** What it undoes, for messages: `hook pull-plug on n1`. */
  readonly label: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Guard {
  /** To be in the environment of every process that is started: even one that was never added is found by it. */
  readonly env: Readonly<Record<string, string>>;
  /** A process that leads its own group is ended together with it. */
  add(pid: number, label: string): void;
  remove(pid: number): void;
  /** From now on the command is run if the controller dies. What it returns takes the command back; twice is harmless. */
  holdUndo(undo: UndoCommand): () => void;
}
