// What every page of the cold start does.
declare global {
  interface Window {
    /** Milliseconds from the start of the page's load to the first output. */
    cold: Promise<number>;
  }
}

/** `infer` gives ten probabilities of one image. */
export function measureFirstOutput(infer: () => Promise<ArrayLike<number>>): void {
  const first = async () => {
    const output = await infer();
    const sum = Array.from(output).reduce((a, b) => a + b, 0);
    if (output.length !== 10 || Math.abs(sum - 1) > 1e-3) throw new Error(`not ten shares: ${sum}`);
    return performance.now();
  };
  window.cold = first();
}
