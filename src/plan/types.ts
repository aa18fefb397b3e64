import type { TypedArray } from '../core/dtype';
import type { TensorType } from '../ir/graph';
import type { Shader } from '../ir/op';

/** Limits of a device that a plan has to keep; a subset of `GPUSupportedLimits`. */
export interface PlanLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly minStorageBufferOffsetAlignment: number;
  readonly minUniformBufferOffsetAlignment: number;
}

/** Who provides a buffer: the executor (`scratch`), the variables (`state`), the caller, the plan. */
export type BufferRole = 'scratch' | 'input' | 'output' | 'state' | 'constant';

/** Where a state lies in memory that several states share. */
export interface StateHome {
  /** Stands for that memory. */
  readonly key: number;
  /** Bytes of that memory. */
  readonly bytes: number;
  readonly offset: number;
  /** Bytes up to where the next state may begin. */
  readonly slot: number;
}

export interface PlanBuffer {
  readonly role: BufferRole;
  /** Of the tensor; of states that share memory, that of one of them. */
  readonly name: string;
  /** A multiple of 4. */
  readonly bytes: number;
  /** What it holds; undefined for scratch, which holds several tensors in turn. */
  readonly type?: TensorType;
  /** A constant's contents. */
  readonly data?: TypedArray;
}

export interface PlanRange {
  /** Index into `Plan.buffers`. */
  readonly buffer: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface PlanBinding extends PlanRange {
  readonly access: 'read' | 'write';
}

/** All that a compute pipeline depends on; equal specs are one pipeline. */
export interface PipelineSpec {
  /** Derived from all the rest: equal exactly where they are. */
  readonly key: string;
  readonly kernel: Shader;
  readonly entry: string;
  readonly elem: 'f32' | 'f16';
  readonly width: 1 | 4 | 16;
  readonly constants: Readonly<Record<string, number>>;
  readonly hasParams: boolean;
  readonly access: readonly ('read' | 'write')[];
}

export interface PlanDispatch {
  readonly kind: 'dispatch';
  /** Name of the node it computes. */
  readonly node: string;
  readonly op: string;
  /** Which of the op's lowerings was chosen. */
  readonly lowering: string;
  /** Index into `Plan.pipelines`. */
  readonly pipeline: number;
  readonly bindings: readonly PlanBinding[];
  /** Its block in `Plan.params`, if it has one. */
  readonly params?: { readonly offset: number; readonly bytes: number };
  readonly workgroups: readonly [number, number, number];
  readonly flops: number;
  /** Least bytes moved: each tensor it binds, once. */
  readonly bytes: number;
  readonly outputs: readonly TensorType[];
}

export interface PlanCopy {
  readonly kind: 'copy';
  readonly node: string;
  /** Why: `output`, `update`, or the op that changes a tensor whose old contents are still needed. */
  readonly op: string;
  readonly from: PlanRange;
  readonly to: PlanRange;
}

export type PlanStep = PlanDispatch | PlanCopy;

/** What an executor does to run a graph once. Pure data. */
export interface Plan {
  readonly buffers: readonly PlanBuffer[];
  readonly pipelines: readonly PipelineSpec[];
  readonly params: Uint8Array<ArrayBuffer>;
  readonly steps: readonly PlanStep[];
  /** Bytes of all scratch and output buffers: what a run needs beyond its inputs, states and constants. */
  readonly peakBytes: number;
  /** The largest sum of such tensors alive at the same step: no plan can need less. */
  readonly lowerBoundBytes: number;
}
