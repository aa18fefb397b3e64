import type { Complaint, ModelConfig, NamedTensor } from 'webgpu-batchnorm';

/** What the reading thread is asked. */
export interface ReadRequest {
  /** The model's file, and those that it refers to. */
  readonly files: readonly File[];
  /** For extents that the file leaves open. */
  readonly openSize: number;
  /** The model that is open, for files that hold weights alone. */
  readonly base?: ModelConfig;
}

/** What it answers; phases come before the end. */
export type ReadAnswer =
  | { readonly kind: 'phase'; readonly text: string }
  | { readonly kind: 'read'; readonly model: ReadModel }
  | { readonly kind: 'refused'; readonly complaints: readonly Complaint[] }
  | { readonly kind: 'failed'; readonly message: string };

/** A model as it travels between threads. */
export interface ReadModel {
  /** Name of the file it came from. */
  readonly file: string;
  /** What the file is, in words. */
  readonly format: string;
  /** How code opens it again. */
  readonly kind: FileKind;
  readonly config: ModelConfig;
  readonly tensors: readonly (readonly [string, NamedTensor])[];
  /** Whether the file left extents open, which are `openSize` now. */
  readonly open: boolean;
}

export type FileKind = 'onnx' | 'keras' | 'layers' | 'state' | 'weights' | 'config';
