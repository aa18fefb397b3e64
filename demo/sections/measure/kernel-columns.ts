import { type KernelSummary, shareOf } from 'webgpu-batchnorm/self-test';
import { formatCount, formatPercent } from '../../parts/format';
import type { Column } from './columns';

const small = (value: number) => (value === 0 ? '0' : value.toExponential(1));

export const kernelColumns: readonly Column<KernelSummary>[] = [
  { key: 'kernel', title: 'Kernel', value: ({ kernel }) => kernel },
  { key: 'result', title: 'Result', value: ({ failed }) => (failed ? 'failed' : 'passed') },
  { key: 'checks', title: 'Checks', value: ({ checks }) => checks, format: formatCount },
  { key: 'max_error', title: 'Largest error', value: ({ worst }) => worst.maxError, format: small },
  { key: 'tolerance', title: 'Allowed', value: ({ worst }) => worst.tolerance, format: small },
  {
    key: 'share_of_allowed',
    title: 'Of what is allowed',
    value: ({ worst }) => shareOf(worst),
    format: formatPercent,
    bar: true,
  },
  {
    key: 'in',
    title: 'Where',
    value: ({ worst }) => `${worst.op}.${worst.output}, ${worst.case}`,
  },
];
