/** Writes `history.jsonl` as the run goes: buffered, on disk within 100 ms, one write at a time, bounded memory. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Event, EventDraft } from '../history/event.ts';
import { formatEvent } from '../history/format.ts';
import { UserError } from '../std/user-error.ts';

export interface HistoryWriter {
  /** Gives the event its index and takes it for writing. Never waits and never throws. */
  append(draft: EventDraft): Event;
  /** More than 16 MB wait for the disk: begin nothing new until it has caught up. */
  congested(): boolean;
  /** Resolves when all that was appended is written, or when the first error was reported. */
  flush(): Promise<void>;
  /** Flushes and closes. Never throws: an error goes to `onError`, once. */
  close(): Promise<void>;
}

const flushMs = 50;
const chunkCharacters = 256 * 1024;
const congestedCharacters = 16 * 1024 * 1024;

/**
 * Creates the file (an existing one is replaced). After a failed write nothing more is written, what is on disk stays, and `onError` hears
 * of it once: a UserError, `store-full` for a full disk, otherwise `store-write-failed`, with its cause. Throws the same if the file
 * cannot be created.
 */
export const openHistoryWriter = async (path: string, onError: (error: UserError) => void): Promise<HistoryWriter> => {
  const file = await open(path, 'w').catch((error: unknown) => {
    throw writeError(path, error);
  });
  return new BufferedWriter(path, file, onError);
};

class BufferedWriter implements HistoryWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #onError: (error: UserError) => void;
  #next = 0;
  #pending = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;

  constructor(path: string, file: FileHandle, onError: (error: UserError) => void) {
    this.#path = path;
    this.#file = file;
    this.#onError = onError;
  }

  append(draft: EventDraft): Event {
    const event: Event = { index: this.#next++, ...draft };
    if (this.#failed) return event;
    this.#pending += formatEvent(event);
    if (this.#pending.length >= chunkCharacters) this.#write();
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.#write(), flushMs);
    return event;
  }

  congested(): boolean {
    return this.#pending.length > congestedCharacters;
  }

  async flush(): Promise<void> {
    while (!this.#failed && (this.#pending !== '' || this.#writing !== undefined)) {
      this.#write();
      await this.#writing;
    }
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    await this.#file.close().catch((error: unknown) => this.#fail(error));
  }

  /** Starts one write of all that waits; when it ends, whatever came in the meantime has its own timer or chunk. */
  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#failed || this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    this.#writing = this.#file.appendFile(text).then(
      () => {
        this.#writing = undefined;
        if (this.#pending !== '') this.#write();
      },
      (error: unknown) => {
        this.#writing = undefined;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#pending = '';
    this.#onError(writeError(this.#path, error));
  }
}

const writeError = (path: string, cause: unknown): UserError => {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UserError('environment', 'store-full', `the disk is full: cannot write ${path} (${code})`, {
      hint: 'free some space or choose another folder with --store',
      cause,
    });
  return new UserError('environment', 'store-write-failed', `cannot write ${path} (${code ?? String(cause)})`, {
    hint: 'check that the folder exists and may be written to, or choose another one with --store',
    cause,
  });
};
