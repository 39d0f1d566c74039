import { UserError } from '../std/user-error.ts';

const unitBytes: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

/** `512mb`, `2gb` as bytes. Throws a usage error that names the flag. */
export const parseSize = (text: string, flag: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(kb|mb|gb)$/i.exec(text.trim());
  if (!match) throw new UserError('usage', 'bad-size', `${flag} ${text}: not a size`, { hint: 'write it like 512mb or 2gb' });
  return Math.round(Number(match[1]) * unitBytes[match[2]!.toLowerCase()]!);
};
