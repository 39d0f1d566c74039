/** One key of a key-value store of strings (Porcupine's): `get`, `put` v, `append` v; never written: "". */
import type { ReadWriteModel } from '../linearizable/model.ts';
import { show } from './values.ts';

/** One key of a store of strings: `get`, `put` v, `append` v; never written: "". */
export const kv: ReadWriteModel<string> = {
  name: 'kv',
  workload: 'kv',
  init: '',
  step: (text, { f, input, output }) => {
    if (f === 'put') return String(input);
    if (f === 'append') return text + String(input);
    return output === undefined || text === (output ?? '') ? text : undefined;
  },
  describe: ({ f, input, output }) => (f === 'get' ? `get -> ${output === undefined ? '?' : show(output)}` : `${f} ${show(input)}`),
  readOnly: ({ f }) => f !== 'put' && f !== 'append',
  always: ({ f }) => f === 'append',
  overwrites: ({ f }) => f === 'put',
  observes: (reader, writer) => typeof reader.output === 'string' && reader.f === 'get' && reader.output.includes(String(writer.input)),
};
