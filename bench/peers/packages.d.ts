// What the benchmark uses of the peers' packages, which are installed when first asked for.
declare module '@jax-js/jax' {
  /** Every use of an array consumes it; `ref` is one more use. */
  export interface JaxArray {
    readonly ref: JaxArray;
    readonly shape: number[];
    add(other: JaxArray | number): JaxArray;
    sub(other: JaxArray | number): JaxArray;
    mul(other: JaxArray | number): JaxArray;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  type Function = (...inputs: JaxArray[]) => JaxArray[];
  export const numpy: {
    array(values: Float32Array, options: { shape: number[] }): JaxArray;
    mean(x: JaxArray, axes: number[], options: { keepdims: boolean }): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    reciprocal(x: JaxArray): JaxArray;
    clip(x: JaxArray, low: number, high?: number): JaxArray;
    reshape(x: JaxArray, shape: number[]): JaxArray;
  };
  export const lax: {
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: number[],
      padding: [number, number][],
      options: { featureGroupCount: number },
    ): JaxArray;
  };
  export function init(device: string): Promise<string[]>;
  export function defaultDevice(device: string): string;
  export function jit(f: Function): Function & { dispose(): void };
  export function vjp(
    f: (...inputs: JaxArray[]) => JaxArray,
    inputs: JaxArray[],
  ): [JaxArray, (gradient: JaxArray) => JaxArray[]];
  export function blockUntilReady(arrays: JaxArray[]): Promise<JaxArray[]>;
}
