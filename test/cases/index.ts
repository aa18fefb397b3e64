import { elementwiseCases } from './elementwise';
import type { OpCase } from './types';

export const cases: readonly OpCase[] = [...elementwiseCases];
