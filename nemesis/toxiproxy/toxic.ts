/** A toxic of a proxy: what the API shows of it, and how a request becomes one. */
import { badRequestBody, invalidStream, invalidToxicType } from './errors.ts';
import { type Decoded, decodeObject, float32, type Shape, string } from './json/decode.ts';
import { shortFloat32 } from './json/encode.ts';
import type { Direction } from './link.ts';
import { type ToxicType, toxicTypes } from './toxics/registry.ts';
import type { Attributes } from './toxics/stage.ts';

export interface Toxic {
  readonly name: string;
  readonly typeName: string;
  readonly type: ToxicType;
  /** As it was written: `UPSTREAM` stays so. */
  readonly stream: string;
  readonly direction: Direction;
  attributes: Attributes;
  toxicity: number;
}

const NO_ATTRIBUTES = toxicTypes.get('noop')!.attributes;
const WRAPPER: Shape = {
  kind: 'struct',
  goType: 'toxics.ToxicWrapper',
  struct: 'ToxicWrapper',
  fields: { attributes: NO_ATTRIBUTES, name: string, type: string, stream: string, toxicity: float32 },
};
const UPDATE_TYPE = 'struct { Attributes interface {} "json:\\"attributes\\""; Toxicity float32 "json:\\"toxicity\\"" }';

/** The toxic that a request body describes. Throws ApiError 400 in the order of the real server: body, stream, type. */
export function parseToxic(body: Buffer): Toxic {
  const given = parseBody(body, WRAPPER);
  const stream = (given.stream as string | undefined) ?? 'downstream';
  const direction = stream.toLowerCase();
  if (direction !== 'upstream' && direction !== 'downstream') throw invalidStream();
  const typeName = (given.type as string | undefined) ?? '';
  const type = toxicTypes.get(typeName);
  if (type === undefined) throw invalidToxicType();
  const name = (given.name as string | undefined) || `${typeName}_${stream}`;
  return { name, typeName, type, stream, direction, attributes: {}, toxicity: (given.toxicity as number | undefined) ?? 1 };
}

/** The attributes in the body of a toxic's creation; all that are not given are 0. Checked last, as the real server does. */
export function parseAttributes(body: Buffer, type: ToxicType): Attributes {
  const given = parseBody(body, { kind: 'struct', goType: 'struct {}', struct: '', fields: { attributes: type.attributes } });
  return withAll(type, {}, given.attributes);
}

/** What PATCH changes: the attributes that are given, and the toxicity. A body with a mistake changes nothing. */
export function parseToxicUpdate(body: Buffer, toxic: Toxic): Pick<Toxic, 'attributes' | 'toxicity'> {
  const fields = { attributes: toxic.type.attributes, toxicity: float32 };
  const given = parseBody(body, { kind: 'struct', goType: UPDATE_TYPE, struct: '', fields });
  return {
    attributes: withAll(toxic.type, toxic.attributes, given.attributes),
    toxicity: (given.toxicity as number | undefined) ?? toxic.toxicity,
  };
}

/** The toxic as the API prints it, its fields in the real server's order. */
export const showToxic = ({ attributes, name, typeName, stream, toxicity }: Toxic) => ({
  attributes,
  name,
  type: typeName,
  stream,
  toxicity: shortFloat32(toxicity),
});

export function parseBody(body: Buffer, shape: Shape): Decoded {
  try {
    return decodeObject(body, shape);
  } catch (error) {
    throw badRequestBody((error as Error).message);
  }
}

function withAll(type: ToxicType, before: Attributes, given: unknown): Attributes {
  const changes = (given ?? {}) as Attributes;
  return Object.fromEntries(Object.keys(type.attributes.fields).map(name => [name, changes[name] ?? before[name] ?? 0]));
}
