/**
 * Fits a JSON value onto a described shape, by the rules of Go's encoding/json: names match without case, the last duplicate
 * wins, `null` and absence leave the default, unknown names are ignored, and a misfit is reported in Go's words, with
 * Go's type names. Pure.
 */
import { type Node, scanJson } from './scan.ts';

export type Shape =
  | { readonly kind: 'string' | 'bool' | 'int64' | 'int' | 'float32' }
  | {
      readonly kind: 'struct';
      readonly goType: string;
      readonly struct: string;
      readonly fields: Readonly<Record<string, Shape>>;
      readonly embedded?: string;
    };

export type Decoded = Record<string, unknown>;

export class JsonTypeError extends Error {}

export const string: Shape = { kind: 'string' };
export const bool: Shape = { kind: 'bool' };
export const float32: Shape = { kind: 'float32' };

/** One object. Fields that were given are in the answer, the others are not. Throws JsonSyntaxError or JsonTypeError. */
export function decodeObject(body: Buffer, shape: Shape): Decoded {
  const decoded = decode(scanJson(body), shape, undefined);
  return decoded === undefined ? {} : (decoded as Decoded);
}

/** A list of objects; `null` is the empty list. */
export function decodeList(body: Buffer, item: Shape & { kind: 'struct' }): Decoded[] {
  const node = scanJson(body);
  if (node.kind === 'null') return [];
  if (node.kind !== 'array') throw misfit(node, `[]${item.goType}`, undefined);
  return node.items.map(each => (decode(each, item, undefined) ?? {}) as Decoded);
}

/** Where in the document a value stands: the innermost struct and the names that lead to the value. */
interface Place {
  readonly struct: string;
  readonly path: string;
}

function decode(node: Node, shape: Shape, place: Place | undefined): unknown {
  if (node.kind === 'null') return undefined;
  switch (shape.kind) {
    case 'struct':
      if (node.kind !== 'object') throw misfit(node, shape.goType, place);
      return decodeStruct(node.members, shape, place);
    case 'string':
      if (node.kind !== 'string') throw misfit(node, 'string', place);
      return node.value;
    case 'bool':
      if (node.kind !== 'bool') throw misfit(node, 'bool', place);
      return node.value;
    default:
      if (node.kind !== 'number') throw misfit(node, shape.kind, place);
      return shape.kind === 'float32' ? decodeFloat(node, place) : decodeInteger(node, shape.kind, place);
  }
}

function decodeStruct(members: readonly (readonly [string, Node])[], shape: Shape & { kind: 'struct' }, place: Place | undefined): Decoded {
  const result: Decoded = {};
  for (const [key, node] of members) {
    const name = matching(key, shape.fields);
    if (name === undefined) continue;
    // A field that comes from an embedded Go struct is reported with that struct's name in its path.
    const own = shape.embedded !== undefined && name !== 'enabled' ? `${shape.embedded}.${name}` : name;
    const path = place === undefined ? own : `${place.path}.${own}`;
    const value = decode(node, shape.fields[name]!, { struct: shape.struct, path });
    if (value !== undefined) result[name] = mergeStructs(result[name], value);
  }
  return result;
}

/** A repeated object adds to the first one instead of replacing it. */
const mergeStructs = (before: unknown, value: unknown) =>
  typeof before === 'object' && typeof value === 'object' ? { ...before, ...value } : value;

function matching(key: string, fields: Readonly<Record<string, Shape>>): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  const folded = key.toLowerCase();
  return Object.keys(fields).find(name => name.toLowerCase() === folded);
}

function decodeInteger(node: Node & { kind: 'number' }, type: string, place: Place | undefined): number {
  if (!/^-?\d+$/.test(node.text)) throw misfit(node, type, place, node.text);
  const exact = BigInt(node.text);
  if (exact !== BigInt.asIntN(64, exact)) throw misfit(node, type, place, node.text);
  return Number(exact) + 0; // beyond 2^53 the nearest double: such a delay or size has no end anyway
}

function decodeFloat(node: Node & { kind: 'number' }, place: Place | undefined): number {
  const value = Math.fround(Number(node.text));
  if (!Number.isFinite(value)) throw misfit(node, 'float32', place, node.text);
  return value;
}

function misfit(node: Node, type: string, place: Place | undefined, detail?: string): JsonTypeError {
  const what = detail === undefined ? node.kind : `${node.kind} ${detail}`;
  const where = place === undefined ? `Go value of type ${type}` : `Go struct field ${place.struct}.${place.path} of type ${type}`;
  return new JsonTypeError(`json: cannot unmarshal ${what} into ${where}`);
}
