// Inputs that are given by a formula: see the golden vectors' README.
import { FormatError } from '../../core/errors';
import type { Attributes } from './attributes';

const MOST_NUMBERS = 2 ** 26;

/** s ← s·1664525 + 1013904223 mod 2³²; x = ((s >>> 8)/2²⁴ − ½)·scale + offset, in f32. */
export function lcg32(count: number, attrs: Attributes): Float32Array {
  checkKind(attrs, 'lcg32', count);
  const [scale, offset] = [attrs.number('scale'), attrs.number('offset')];
  let state = attrs.number('seed') >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 16777216 - 0.5) * scale + offset;
  });
}

/** cos(i/100), in f32. */
export function cosines(count: number, attrs: Attributes): Float32Array {
  checkKind(attrs, 'cos', count);
  return Float32Array.from({ length: count }, (_, i) => Math.cos(i * 0.01));
}

function checkKind(attrs: Attributes, kind: string, count: number): void {
  const found = attrs.text('kind');
  if (found !== kind) throw new FormatError({ where: attrs.where, rule: `kind is ${kind}`, found });
  if (count <= MOST_NUMBERS) return;
  const rule = `at most ${MOST_NUMBERS} numbers are generated`;
  throw new FormatError({ where: attrs.where, rule, found: String(count) });
}
