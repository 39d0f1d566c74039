/** How an operation is written in a drawing: `write x=5`, `read x=3`, `cas x=1→2`, `transfer {…}`. */

export interface Labelled {
  readonly f: string;
  readonly key: string | undefined;
  /** What was asked and what was answered, as JSON text; the answer undefined where none came. */
  readonly value: string;
  readonly result: string | undefined;
}

/** The label, at most `limit` characters; a longer one ends in an ellipsis. An answer that never came is `?`. Never throws. */
export const labelOperation = ({ f, key, value, result }: Labelled, limit = 28): string => {
  const asked = value === 'null' ? undefined : value;
  const shown = f === 'txn' ? (result ?? value) : f === 'cas' ? swap(asked ?? '') : (asked ?? result ?? '?');
  const text = visible(key === undefined ? `${f} ${shown}` : `${f} ${key}=${shown}`);
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
};

/** Text that takes one line and hides nothing: control characters and direction marks come as their code points. */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    mark => `\\u${mark.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );

const swap = (asked: string): string => /^\[(.*),(.*)\]$/s.exec(asked)?.slice(1).join('→') ?? asked;
