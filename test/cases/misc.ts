import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape });

const cast: OpCase[] = [
  { op: 'cast', name: 'f32 as it is', inputs: [normal(3, 401)], attrs: { to: 'f32' } },
  {
    op: 'cast',
    name: 'integers',
    inputs: [{ shape: [3, 401], dtype: 'i32', fill: { kind: 'integers', below: 1000 } }],
    attrs: { to: 'f32' },
    differentiate: [],
  },
];

export const miscCases: OpCase[] = [...cast];
