import type { Complaint } from 'webgpu-batchnorm';

/** What a file is, by its name and its first bytes. */
export type Content = 'onnx' | 'keras' | 'json' | 'safetensors' | 'pickle' | 'other';

const ENDINGS: Readonly<Record<string, Content>> = {
  onnx: 'onnx',
  keras: 'keras',
  h5: 'keras',
  hdf5: 'keras',
  json: 'json',
  safetensors: 'safetensors',
  pt: 'pickle',
  pth: 'pickle',
  ckpt: 'pickle',
};

const HDF5 = [0x89, 0x48, 0x44, 0x46];
const BRACE = 0x7b;

export function contentOf(name: string, head: Uint8Array): Content {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? '';
  if (Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending];
  if (HDF5.every((byte, i) => head[i] === byte)) return 'keras';
  if (ending) return 'other';
  // Without an ending: the header of a safetensors file follows on eight bytes of its length.
  if (head[8] === BRACE && head[7] === 0) return 'safetensors';
  return head[0] === BRACE ? 'json' : 'other';
}

const ORDER: readonly Content[] = ['onnx', 'keras', 'json', 'safetensors', 'pickle', 'other'];

/** Of several files the one that has the layers: the others are its weights. */
export function mainFile<T extends { readonly content: Content }>(files: readonly T[]): T {
  const [first] = [...files].sort((a, b) => ORDER.indexOf(a.content) - ORDER.indexOf(b.content));
  return first;
}

/** What is said of a file that is no model. */
export function unreadable(name: string, content: Content): Complaint {
  if (content === 'pickle') {
    return {
      where: name,
      rule: 'a model is data',
      found: 'a file of PyTorch’s own, which is a program that builds the model',
      remedy:
        'In Python, export it with torch.onnx.export(model, example, "model.onnx"), or save its weights with safetensors.torch.save_file(model.state_dict(), "weights.safetensors").',
    };
  }
  return {
    where: name,
    rule: 'its name ends in .onnx, .keras, .h5, .json or .safetensors',
    found: /\.[^.]+$/.exec(name)?.[0] ?? 'no ending',
    remedy:
      'Most frameworks export to ONNX. Files of weights are dropped together with their model.',
  };
}

/** The last part of a path. */
export const baseName = (path: string): string => path.replace(/^.*[/\\]/, '');
