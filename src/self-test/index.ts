// The public names of webgpu-batchnorm/self-test.
export { formatSelfTest, skippedCases } from './format';
export {
  type KernelSummary,
  type SelfTestReport,
  type SelfTestResult,
  shareOf,
  summarizeKernels,
} from './report';
export { type SelfTestFamily, selfTestFamilies } from './select';
export { type SelfTestOptions, type SelfTestProgress, selfTest } from './self-test';
