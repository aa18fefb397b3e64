/** Rows of the `statistics` tensor of batchNorm. A mean is the sum of its row and its `Low` row. */
export const STATISTICS = {
  mean: 0,
  invStd: 1,
  batchMean: 2,
  batchVariance: 3,
  meanLow: 4,
  batchMeanLow: 5,
} as const;
export const STATISTICS_ROWS = Object.keys(STATISTICS).length;
