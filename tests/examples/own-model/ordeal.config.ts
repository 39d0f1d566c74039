import { defineConfig, type Model } from 'ordeal';

/** A light switch: `toggle`, and `read` -> whether it is on. */
const light: Model<boolean> = {
  name: 'light',
  init: false,
  step: (on, { f, output }) => (f === 'toggle' ? !on : output === undefined || output === on ? on : undefined),
  describe: ({ f, output }) => (f === 'read' ? `read -> ${output}` : f),
  readOnly: ({ f }) => f === 'read',
};

export default defineConfig({ models: [light] });
