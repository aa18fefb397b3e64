import { coalesce } from '../plan/coalesce';
import type { CompileOptions } from './compile';

/** How training steps are compiled: all parameters are updated in one dispatch. */
export const STEP_OPTIONS: CompileOptions = { arrange: coalesce };
