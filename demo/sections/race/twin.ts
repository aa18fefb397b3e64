/** One network of the race. */
export interface Twin {
  /** Takes `steps` training steps; the loss of each. */
  train(steps: number, learningRate: number): Promise<ArrayLike<number>>;
  /** For each test image the probability of each digit. */
  predict(): Promise<Float32Array>;
  dispose(): void;
}
export declare function createTwins(
  device: GPUDevice,
  data: any,
  progress: (done: number, total: number) => void,
): Promise<[Twin, Twin]>;
