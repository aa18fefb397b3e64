import type { OpenModel } from './opened';

/** Files to hand to the visitor. */
export type ExportedFiles = Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;

/** A way to take a model along. */
export interface ExportFormat {
  readonly id: string;
  readonly title: string;
  make(opened: OpenModel, name: string): Promise<ExportedFiles>;
}

export const exportFormats: readonly ExportFormat[] = [
  {
    id: 'onnx',
    title: 'ONNX',
    make: (opened, name) => onnx(opened, `${name}.onnx`, false),
  },
  {
    id: 'onnx-folded',
    title: 'ONNX, folded',
    make: (opened, name) => onnx(opened, `${name}-folded.onnx`, true),
  },
  {
    id: 'layers',
    title: 'tf.layers',
    async make({ model, state }) {
      const { writeLayersModel } = await import('webgpu-batchnorm/keras');
      const { modelJson, shards } = writeLayersModel(model, state);
      return { 'model.json': modelJson, ...Object.fromEntries(shards) };
    },
  },
  {
    id: 'state',
    title: 'safetensors',
    async make({ model, state }, name) {
      const { writeState } = await import('webgpu-batchnorm/formats');
      const metadata = new Map([['model', JSON.stringify(model.toConfig())]]);
      return { [`${name}.safetensors`]: writeState(state, metadata) };
    },
  },
  {
    id: 'torch-state',
    title: 'PyTorch weights',
    async make({ model, state }, name) {
      const { writeTorchState } = await import('webgpu-batchnorm/formats');
      return { [`${name}-pytorch.safetensors`]: writeTorchState(model, state) };
    },
  },
  {
    id: 'torch',
    title: 'PyTorch module',
    async make({ model, state }) {
      const { exportTorch } = await import('webgpu-batchnorm/torch');
      return { ...exportTorch(model, state) };
    },
  },
];

async function onnx(
  { model, state }: OpenModel,
  name: string,
  fold: boolean,
): Promise<ExportedFiles> {
  const { writeOnnx } = await import('webgpu-batchnorm/onnx');
  return { [name]: writeOnnx(model, state, { fold, layout: 'channelsFirst' }) };
}

/** One file as it is, several in a zip archive. */
export async function packed(
  files: ExportedFiles,
  archive: string,
): Promise<{ name: string; content: string | Uint8Array<ArrayBuffer> }> {
  const entries = Object.entries(files);
  if (entries.length === 1) return { name: entries[0][0], content: entries[0][1] };
  const { strToU8, zipSync } = await import('fflate');
  const bytes = entries.map(([name, content]) => [
    name,
    typeof content === 'string' ? strToU8(content) : content,
  ]);
  return { name: archive, content: zipSync(Object.fromEntries(bytes)) as Uint8Array<ArrayBuffer> };
}
