/** What the daemon says while it builds, pulls or imports: one JSON object per line, and a failure is just the last of them. */
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

export interface ProgressItem {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

export interface Progress {
  /** Undefined where it went well. */
  readonly error: string | undefined;
  /** `Step 2/3 : RUN …`, the last one begun; undefined outside of builds. */
  readonly step: string | undefined;
  /** What that step wrote, its last lines. */
  readonly output: string;
}

const keptLines = 40;
const ofTheBuilder = /^ ---> |^Removing intermediate container /;

/** Reads to the end in constant memory. `onItem` is called for each. Rejects where the stream breaks off. */
export const followProgress = async (stream: NodeJS.ReadableStream, onItem: (item: ProgressItem) => void = () => {}): Promise<Progress> => {
  let error: string | undefined;
  let step: string | undefined;
  let output: string[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const item = parseItem(line);
    onItem(item);
    error = item.error ?? error;
    const text = stripVTControlCharacters(item.stream ?? '').trimEnd();
    if (/^Step \d+\/\d+ : /.test(text)) [step, output] = [text, []];
    else if (text !== '' && !ofTheBuilder.test(text)) output = [...output, ...text.split('\n')].slice(-keptLines);
  }
  return { error, step, output: output.join('\n') };
};

const parseItem = (line: string): ProgressItem => {
  try {
    return JSON.parse(line) as ProgressItem;
  } catch {
    return {};
  }
};
