// What an op's candidates are called in a record: names derived from what they stand for.
import type { Node } from '../ir/graph';
import type { Lowering, Shader } from '../ir/op';
import { formatType } from '../ir/verify';

/** The op with its types and attributes: what its lowerings follow from, on one adapter. */
export function keyOf({ op, inputs, outputs, attrs }: Node): string {
  const sorted = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const types = [inputs, outputs].map((values) => values.map(formatType).join(' '));
  return `${op.name} ${types.join(' → ')} ${JSON.stringify(Object.fromEntries(sorted))}`;
}

/** Equal for the same dispatches of the same shaders; different, all but certainly, for others. */
export function digestOf(lowerings: readonly Lowering[]): string {
  return hash(
    JSON.stringify(lowerings, (key, value) => (key === 'kernel' ? shaderDigest(value) : value)),
  );
}

const digests = new WeakMap<Shader, string>();

function shaderDigest(shader: Shader): string {
  let digest = digests.get(shader);
  if (digest === undefined) {
    digest = hash(JSON.stringify(shader));
    digests.set(shader, digest);
  }
  return digest;
}

/** FNV-1a over UTF-16 units, from two starts: 64 bits against chance, not against malice. */
function hash(text: string): string {
  return [0x811c9dc5, 0x01000193]
    .map((start) => {
      let state = start;
      for (let i = 0; i < text.length; i++)
        state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
      return (state >>> 0).toString(16).padStart(8, '0');
    })
    .join('');
}
