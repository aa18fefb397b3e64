import type { DType } from '../core/dtype';
import type { Attrs, TensorType } from './tensor';

/** What a lowering may look at to choose a kernel. Plain data, taken from the device's limits. */
export interface AdapterTraits {
  readonly f16: boolean;
  readonly subgroups: boolean;
  /** A software adapter: barriers and big workgroups are slow, workgroup memory gains nothing. */
  readonly software: boolean;
  readonly maxWorkgroupsPerDimension: number;
  readonly maxInvocationsPerWorkgroup: number;
  readonly maxWorkgroupStorageBytes: number;
}

/** A tensor that a dispatch binds. */
export type Binding =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output'; readonly index: number }
  /** Output `index` takes over the memory of input `input`: the kernel changes it in place. */
  | { readonly kind: 'inout'; readonly index: number; readonly input: number }
  /** An output that an earlier dispatch of the same lowering wrote. */
  | { readonly kind: 'outputRead'; readonly index: number }
  | { readonly kind: 'temp'; readonly index: number; readonly access: 'read' | 'write' };

/** A word of a kernel's parameters. */
export type Param =
  | { readonly type: 'u32'; readonly value: number }
  | { readonly type: 'i32'; readonly value: number }
  | { readonly type: 'f32'; readonly value: number };

/** A file below `shaders/`: what importing it gives. Whoever names a kernel brings its text along. */
export interface Shader {
  /** Its path without `.wgsl`: `conv2d`, `lib/grid`. */
  readonly name: string;
  readonly text: string;
  /** What it names by `//! @include`. */
  readonly includes: readonly Include[];
}

/** A file, or one for each width where the name has `{width}` in it. */
export type Include = Shader | Readonly<Partial<Record<Width, Shader>>>;

/**
 * One dispatch, as data. The kernel is the file `shaders/<kernel.name>.wgsl`. Binding 0 of group 0 is the
 * uniform struct of `params` (where there are any), the tensors follow from binding 1 in this order.
 */
export interface Dispatch {
  readonly kernel: Shader;
  /** Entry point; default `main`. */
  readonly entry?: string;
  /** Values of the kernel's `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Storage type that `elem` stands for in the kernel; default `f32`. */
  readonly elem?: 'f32' | 'f16';
  /** How many numbers `elems` and `floats` hold in the kernel; default 1. */
  readonly width?: Width;
  readonly params?: readonly Param[];
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations that the formula needs (not what the kernel happens to do). */
  readonly flops: number;
  /** Where it does the same to each element: neighbours in memory may then share a dispatch. */
  readonly elementwise?: Elementwise;
}

/** `params[0]` is the number of elements, or of vec4s where `width` is 4; the kernel takes either. */
export interface Elementwise {
  /** Elements or vec4s that a workgroup does. */
  readonly perWorkgroup: number;
  /** Positions in `bindings` of the tensors that all elements share. */
  readonly shared: readonly number[];
}

/** A kernel written with `elems` and `floats` does one number at a time, a vec4 or a mat4x4 of them. */
export type Width = 1 | 4 | 16;

/** One way to compute an op on the GPU. */
export interface Lowering {
  readonly name: string;
  readonly dispatches: readonly Dispatch[];
  /** Scratch tensors that live only between its dispatches. */
  readonly temps?: readonly TensorType[];
}

export interface OpSignature {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly attrs: Attrs;
}

export interface LowerContext extends OpSignature {
  readonly adapter: AdapterTraits;
}

/** An op family's answers. See `docs/architecture.md` for how the parts use them. */
export interface OpDef {
  readonly name: string;
  /** The op that this one belongs to: it computes gradients for it. */
  readonly gradientOf?: OpDef;
  /** It can add a residual and apply an activation before it stores its first output. */
  readonly epilogue?: true;
  /** It adds its two inputs, which an op in front of it with an epilogue can do. */
  readonly sum?: true;
  /** The output aliases the memory of input 0: nothing is computed, there is no lowering. */
  readonly view?: true;
  /** Types of the outputs, or a typed error that starts with `where`. */
  infer(inputs: readonly TensorType[], attrs: Attrs, where: string): TensorType[];
  /** The formula, naive, in float64 (integers are exact in it). Arrays are row-major. */
  reference(inputs: readonly Float64Array[], signature: OpSignature): Float64Array[];
  /** Ways to compute it, the one preferred on `context.adapter` first. */
  lower?(context: LowerContext): readonly Lowering[];
}

export const u32 = (value: number): Param => ({ type: 'u32', value });
export const i32 = (value: number): Param => ({ type: 'i32', value });
export const f32 = (value: number): Param => ({ type: 'f32', value });

export const read = (index: number): Binding => ({ kind: 'input', index });
export const write = (index: number): Binding => ({ kind: 'output', index });
export const readOutput = (index: number): Binding => ({ kind: 'outputRead', index });
export const inout = (index: number, input: number): Binding => ({ kind: 'inout', index, input });
export const readTemp = (index: number): Binding => ({ kind: 'temp', index, access: 'read' });
export const writeTemp = (index: number): Binding => ({ kind: 'temp', index, access: 'write' });

/**
 * 4 where `size` numbers are so many vec4s; for a kernel that takes matrices, 16 on an `adapter` where
 * what counts is how many loads there are.
 */
export function widthOf(size: number, adapter?: AdapterTraits): Width {
  if (adapter?.software && size % 16 === 0) return 16;
  return size % 4 === 0 ? 4 : 1;
}

/** `elem` for tensors of `dtype`. */
export function elemOf(dtype: DType): 'f32' | 'f16' {
  return dtype === 'f16' ? 'f16' : 'f32';
}

/**
 * Workgroups for `count` of them in a row: wrapped into a second dimension past the limit of the
 * first. Kernels get the flat index from `flat_workgroup` in `shaders/lib/grid.wgsl`.
 */
export function gridOf(count: number, adapter: AdapterTraits): [number, number, number] {
  const limit = adapter.maxWorkgroupsPerDimension;
  if (count <= limit) return [Math.max(1, count), 1, 1];
  const rows = Math.ceil(count / limit);
  return [Math.ceil(count / rows), rows, 1];
}
