import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { parseArgs } from 'node:util';
import { DataError, ShapeError } from '../../core/errors';
import { sizeOf } from '../../core/shape';
import { type Safetensor, writeSafetensors } from '../../formats/safetensors';
import { describeAdapter, requestDevice } from '../../gpu/device';
import type { Port } from '../../model/structure';
import { compile, type Tensor } from '../../runtime/network';
import { requestNodeGPU } from '../dawn';
import { decodeImage, fitImage } from './images';
import { OPEN_FLAGS, OPEN_USAGE, openModel, parseJson } from './open-model';
import { type FileTensor, readTensors } from './tensor-file';
import { countOf, numbersOf, oneOf, parsed, UsageError } from './usage';

export const USAGE = `usage: webgpu-batchnorm run FILE INPUT… [--top N] [--labels FILE]
  Runs a model on pictures (.png, .jpg), each resized to the model's input, or on tensor files (.npy,
  .safetensors, .pb, .json, IDX), and prints the top classes, or what the outputs are like. A tensor has
  the order of axes that the model's file has, with or without the batch.

${OPEN_USAGE}
  --top N                     classes to print; default 5
  --labels FILE               names of the classes: a line each, or a JSON list
  --mean A,B,C --std A,B,C    pictures, which are 0 to 1, become (x - mean) / std
  --scale X                   pictures become 0 to X first; default 1
  --backend gpu|cpu           default gpu
  --save FILE.safetensors     the outputs`;

export async function run(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...OPEN_FLAGS,
        top: { ...text, default: '5' },
        labels: text,
        mean: text,
        std: text,
        scale: { ...text, default: '1' },
        backend: { ...text, default: 'gpu' },
        save: text,
      },
    }),
  );
  const [file, ...inputs] = positionals;
  if (!inputs.length) throw new UsageError('run takes a model and an input');
  const backend = oneOf('backend', values.backend, ['gpu', 'cpu']);
  const top = countOf('top', values.top);
  const labels = values.labels === undefined ? undefined : await readLabels(values.labels);
  const pictures = inputs.every((name) => /\.(png|jpe?g)$/i.test(name));
  const layout = pictures ? 'channelsLast' : 'channelsFirst';
  const { model, state } = await openModel(file, { ...values, layout });
  const given = pictures
    ? await readPictures(inputs, model.inputs, {
        scale: numbersOf('scale', values.scale)[0],
        mean: values.mean === undefined ? [0] : numbersOf('mean', values.mean),
        std: values.std === undefined ? [1] : numbersOf('std', values.std),
      })
    : assign(model.inputs, (await Promise.all(inputs.map(readTensors))).flat());
  const device =
    backend === 'gpu' ? await requestDevice({ gpu: await requestNodeGPU() }) : undefined;
  try {
    const net = await compile(model, device ? { device, state } : { backend: 'cpu', state });
    const outputs = await net.predictAll(given);
    net.dispose();
    console.log(device ? `GPU: ${describeAdapter(device)}` : 'CPU reference');
    for (const [name, tensor] of Object.entries(outputs)) {
      print(name, tensor, pictures ? inputs : [], top, labels);
    }
    if (values.save) await save(values.save, outputs);
  } finally {
    device?.destroy();
  }
  return 0;
}

interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** All pictures as one batch of the model's only input. */
async function readPictures(
  files: readonly string[],
  ports: readonly Port[],
  { scale, mean, std }: Preprocessing,
): Promise<Record<string, Float32Array>> {
  const [{ name, tensor }] = ports;
  const shape = tensor.batched ? tensor.shape : tensor.shape.slice(1);
  const one = tensor.batched || (tensor.shape[0] === 1 && files.length === 1);
  if (ports.length !== 1 || shape.length !== 3 || !one || ![1, 3].includes(shape[2])) {
    throw new ShapeError({
      where: files[0],
      rule: 'pictures go to a model with one input, [height, width, 1 or 3 channels]',
      found: ports.map((port) => `${port.name} [${port.tensor.shape}]`).join(', '),
      remedy: 'Give tensors instead, or --free-batch for several pictures.',
    });
  }
  const [height, width, channels] = shape;
  const size = sizeOf(shape);
  const data = new Float32Array(files.length * size);
  for (const [i, file] of files.entries()) {
    const picture = await decodeImage(await readFile(file), basename(file));
    data.set(fitImage(picture, height, width, channels), i * size);
  }
  const of = (numbers: readonly number[], i: number) => numbers[(i % channels) % numbers.length];
  return { [name]: data.map((x, i) => (x * scale - of(mean, i)) / of(std, i)) };
}

/** Tensors to inputs: by name where the file has names that fit, else in their order. */
function assign(
  ports: readonly Port[],
  tensors: readonly FileTensor[],
): Record<string, FileTensor['data']> {
  const named = ports.every((port) => tensors.some(({ name }) => name === port.name));
  if (!named && tensors.length !== ports.length) {
    throw new DataError({
      where: 'run',
      rule: `the model has ${ports.length} inputs: ${ports.map(({ name }) => name).join(', ')}`,
      found: `${tensors.length} tensors`,
      remedy: 'Give a file for each input, in this order, or a safetensors file with their names.',
    });
  }
  return Object.fromEntries(
    ports.map(({ name, tensor }, i) => {
      const given = named ? tensors.find((one) => one.name === name) : tensors[i];
      const { shape, data } = given as FileTensor;
      const wanted = tensor.shape;
      const tail = shape.slice(shape.length - wanted.length);
      const more = shape.length - wanted.length;
      if (more < 0 || more > (tensor.batched ? 1 : 0) || String(tail) !== String(wanted)) {
        throw new ShapeError({
          where: `input "${name}"`,
          rule: `its shape is [${tensor.batched ? ['N', ...wanted] : wanted}]`,
          found: `[${shape}]`,
        });
      }
      return [name, data];
    }),
  );
}

async function readLabels(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  if (extname(file) !== '.json') return text.trimEnd().split(/\r?\n/);
  const json = parseJson(text, basename(file));
  const list = typeof json === 'object' && json !== null ? Object.values(json) : [];
  return list.map((one) => (Array.isArray(one) ? String(one[one.length - 1]) : String(one)));
}

function print(
  name: string,
  { data, shape }: Tensor,
  files: readonly string[],
  top: number,
  labels?: readonly string[],
): void {
  const classes = shape[shape.length - 1] ?? 1;
  const rows = data.length / classes;
  console.log(`${name} [${shape.join(', ')}]`);
  if (shape.length > 2 || classes < 2 || rows > 64) {
    console.log(`  ${statistics(data)}`);
    return;
  }
  for (let row = 0; row < rows; row++) {
    if (files.length) console.log(`  ${basename(files[row])}`);
    else if (rows > 1) console.log(`  example ${row}`);
    const scores = [...data.subarray(row * classes, (row + 1) * classes)];
    const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
    for (const i of order.slice(0, top)) {
      console.log(`  ${scores[i].toPrecision(6).padStart(13)}  ${labels?.[i] ?? `class ${i}`}`);
    }
  }
}

function statistics(data: Tensor['data']): string {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const x of data) {
    least = Math.min(least, x);
    most = Math.max(most, x);
    sum += x;
  }
  const first = [...data.slice(0, 6)].map((x) => x.toPrecision(5)).join(', ');
  return `${data.length} numbers from ${least} to ${most}, mean ${sum / data.length}: ${first}${data.length > 6 ? ', …' : ''}`;
}

async function save(file: string, outputs: Readonly<Record<string, Tensor>>): Promise<void> {
  const tensors = Object.entries(outputs).map(([name, { data, shape }]): [string, Safetensor] => [
    name,
    { dtype: data instanceof Int32Array ? 'I32' : 'F32', shape, data },
  ]);
  await writeFile(file, writeSafetensors(new Map(tensors)));
  console.log(`saved ${file}`);
}
