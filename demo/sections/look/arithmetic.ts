/** What a batch norm does to one channel. */
export interface Channel {
  readonly mean: number;
  readonly variance: number;
  readonly epsilon: number;
  readonly gamma: number;
  readonly beta: number;
}

/** γ·(x − μ)/√(σ² + ε) + β. */
export function normalise(x: number, { mean, variance, epsilon, gamma, beta }: Channel): number {
  return (gamma * (x - mean)) / Math.sqrt(variance + epsilon) + beta;
}

/** The stages of one batch norm, in the order in which they happen. */
export const stages = ['mean', 'variance', 'normalise', 'scale', 'running'] as const;
export type Stage = (typeof stages)[number];

/** What has become of `x` after a stage. */
export function afterStage(x: number, channel: Channel, stage: Stage): number {
  const { mean, variance, epsilon } = channel;
  switch (stage) {
    case 'mean':
    case 'variance':
      return x - mean;
    case 'normalise':
      return (x - mean) / Math.sqrt(variance + epsilon);
    case 'scale':
    case 'running':
      return normalise(x, channel);
  }
}
