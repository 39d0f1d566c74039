/** Reads the data chunks that `render.ts` put into the document. */
import { type Columns, unpackColumns } from '../../columns.ts';
import { type ChunkName, chunkId, type Summary } from '../../payload.ts';

/** The mass of the operations: numbers at once, texts by row when asked. */
export interface Operations {
  readonly columns: Columns;
  /** JSON text of what was asked and answered (undefined: no answer), perhaps cut. */
  textOf(row: number): { value: string; result: string | undefined };
}

export const loadSummary = async (): Promise<Summary> => JSON.parse(await new Response(await inflate('summary')).text());

export const loadOperations = async (): Promise<Operations> => {
  const [columns, text] = await Promise.all([inflate('columns'), inflate('text')]);
  const lines = new TextDecoder().decode(text).split('\n');
  return {
    columns: unpackColumns(new Uint8Array(columns)),
    textOf: row => {
      const value = lines[2 * row] ?? '';
      const result = lines[2 * row + 1] ?? '';
      return { value, result: result === '=' ? value : result === '' ? undefined : result };
    },
  };
};

const inflate = (name: ChunkName): Promise<ArrayBuffer> => {
  const encoded = document.getElementById(chunkId(name))?.textContent;
  if (!encoded) throw new Error(`this page lacks its data (${name}); it may have been cut off on its way`);
  const bytes = Uint8Array.from(atob(encoded), char => char.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
};
