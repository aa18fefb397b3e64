import { access, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeLayersModel } from '../../formats/keras';
import { writeOnnx } from '../../formats/onnx';
import { writeState } from '../../formats/state';
import { exportTorch } from '../../formats/torch';
import { writeTorchState } from '../../formats/torch/state';
import { OPEN_FLAGS, OPEN_USAGE, type OpenModel, openModel } from './open-model';
import { oneOf, parsed, UsageError } from './usage';

export const USAGE = `usage: webgpu-batchnorm convert FILE OUT [--to FORMAT]
  Writes a model in another format, by the ending of OUT or by --to:
    onnx         OUT.onnx
    layers       OUT/model.json with its weights beside it (tf.layers), or a path to model.json
    torch        OUT/ with model.py, train.py and weights.safetensors
    torch-state  OUT.safetensors with PyTorch's names and layouts
    state        OUT.safetensors with the model in its metadata
    config       OUT.json, the layers without numbers

${OPEN_USAGE}
  --fold                      ONNX: batch norms go into the layers before them
  --training                  ONNX: batch norms are in training mode
  --channels-first            ONNX: images come and go channels-first
  --dtype F32|F16|BF16        of torch and torch-state; default F32
  --force                     writes over files that are there`;

const FORMATS = ['onnx', 'layers', 'torch', 'torch-state', 'state', 'config'] as const;
type Format = (typeof FORMATS)[number];

export async function convert(argv: readonly string[]): Promise<number> {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...OPEN_FLAGS,
        to: { type: 'string' },
        fold: flag,
        training: flag,
        'channels-first': flag,
        dtype: { type: 'string', default: 'F32' },
        force: flag,
      },
    }),
  );
  if (positionals.length !== 2) throw new UsageError('convert takes a file and where to write');
  const [file, out] = positionals;
  const to = values.to === undefined ? formatOf(out) : oneOf('to', values.to, FORMATS);
  const dtype = oneOf('dtype', values.dtype, ['F32', 'F16', 'BF16']);
  const opened = await openModel(file, values);
  const files = make(opened, to, out, {
    dtype,
    fold: values.fold,
    training: values.training,
    layout: values['channels-first'] ? 'channelsFirst' : 'model',
  });
  if (!values.force) for (const path of files.keys()) await refuseExisting(path);
  for (const [path, content] of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    console.log(`wrote ${path}`);
  }
  return 0;
}

function formatOf(out: string): Format {
  switch (extname(out).toLowerCase()) {
    case '.onnx':
      return 'onnx';
    case '.json':
      return basename(out) === 'model.json' ? 'layers' : 'config';
    case '.safetensors':
      return 'state';
    default:
      throw new UsageError(`--to says what ${out} is to be`);
  }
}

interface MakeOptions {
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly fold: boolean;
  readonly training: boolean;
  readonly layout: 'model' | 'channelsFirst';
}

type Files = ReadonlyMap<string, string | Uint8Array>;

function make(
  { model, state }: OpenModel,
  to: Format,
  out: string,
  { dtype, fold, training, layout }: MakeOptions,
): Files {
  switch (to) {
    case 'onnx':
      return new Map([[out, writeOnnx(model, state, { fold, training, layout })]]);
    case 'layers': {
      const folder = extname(out) === '.json' ? dirname(out) : out;
      const { modelJson, shards } = writeLayersModel(model, state);
      const beside = [...shards].map(([name, bytes]) => [join(folder, name), bytes] as const);
      const name = extname(out) === '.json' ? basename(out) : 'model.json';
      return new Map<string, string | Uint8Array>([[join(folder, name), modelJson], ...beside]);
    }
    case 'torch': {
      const files = Object.entries(exportTorch(model, state, { dtype }));
      return new Map(files.map(([name, content]) => [join(out, name), content]));
    }
    case 'torch-state':
      return new Map([[out, writeTorchState(model, state, { dtype })]]);
    case 'state': {
      const metadata = new Map([['model', JSON.stringify(model.toConfig())]]);
      return new Map([[out, writeState(state, metadata)]]);
    }
    case 'config':
      return new Map([[out, `${JSON.stringify(model.toConfig(), null, 2)}\n`]]);
  }
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await access(path);
  } catch {
    return;
  }
  throw new UsageError(`${path} is there already: --force writes over it`);
}
