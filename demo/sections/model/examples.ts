import digits from '../../data/models/digits.onnx?url&no-inline';
import mobileWeights from '../../data/models/mobile/group1-shard1of1.bin?url&no-inline';
import mobile from '../../data/models/mobile/model.json?url&no-inline';
import residual from '../../data/models/residual.onnx?url&no-inline';
import torch from '../../data/models/torch/layers.json?url&no-inline';
import torchWeights from '../../data/models/torch/weights.safetensors?url&no-inline';
import type { ExampleName } from './settings';

/** A model that comes with the page; see data/README.md. */
export interface Example {
  readonly title: string;
  /** What it shows, in a few words. */
  readonly text: string;
  /** Addresses of its files, by their names. */
  readonly files: Readonly<Record<string, string>>;
}

export const examples: Readonly<Record<ExampleName, Example>> = {
  digits: {
    title: 'Digits',
    text: 'ONNX; four convolutions, every batch norm folds',
    files: { 'digits.onnx': digits },
  },
  residual: {
    title: 'Residual',
    text: 'ONNX with PyTorch’s names; two residual blocks, some batch norms stay',
    files: { 'residual.onnx': residual },
  },
  mobile: {
    title: 'Depthwise',
    text: 'tf.layers; depthwise convolutions as in MobileNet',
    files: { 'model.json': mobile, 'group1-shard1of1.bin': mobileWeights },
  },
  torch: {
    title: 'PyTorch',
    text: 'a state dict of PyTorch’s as safetensors, and its layers as JSON',
    files: { 'layers.json': torch, 'weights.safetensors': torchWeights },
  },
};

/** What the classes of all examples are called. */
export const digitLabels = Array.from({ length: 10 }, (_, digit) => String(digit));

/** The files of an example, as if the visitor had chosen them. */
export async function exampleFiles(name: ExampleName, signal: AbortSignal): Promise<File[]> {
  return Promise.all(
    Object.entries(examples[name].files).map(async ([file, url]) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
      return new File([await response.blob()], file);
    }),
  );
}
