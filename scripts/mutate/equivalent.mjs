// Breaks that no test can notice, because they change no verdict and no explanation. A break is named by its line, as it stands, and what became of it.

/** @type {readonly (readonly [file: string, line: string, change: string, reason: string])[]} */
export const equivalents = [];
