// npm run train -- --images F --labels F --test-images F --test-labels F […]
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { BatchNormError, DataError, FormatError, ShapeError } from '../core/errors';
import { readIdx } from '../formats/idx';
import { writeState } from '../formats/state';
import { describeAdapter, requestDevice } from '../gpu/device';
import { modelFromConfig } from '../model/config';
import type { Model } from '../model/model';
import { compile, type Network } from '../runtime/network';
import type { Samples } from '../train/dataset';
import { evaluate } from '../train/evaluate';
import { fit } from '../train/fit';
import { countOf, numberOf, oneOf, parsed, runCommand, UsageError } from './cli/usage';
import { requestNodeGPU } from './dawn';
import { cnn, mlp, type Recipe } from './train/networks';
import { ProgressBar } from './train/progress-bar';

const USAGE = `usage: webgpu-batchnorm train --images F --labels F --test-images F --test-labels F
  (here: npm run train -- …)
  IDX files, packed by gzip or not; the pictures are scaled to 0…1
  --network cnn|mlp|FILE.json  default cnn; FILE.json is what model.toConfig() gives
  --batch-norm on|off          of cnn and mlp; default on
  --steps N                    default 500
  --batch N                    default 64 (mlp: 60)
  --lr X                       default 0.008 (mlp: 0.2), falling along a cosine (mlp: constant)
  --seed N                     of weights and order; default 0
  --eval-every N               tests every N steps too
  --save FILE.safetensors      the trained numbers
  --backend gpu|cpu            default gpu`;

/** Trains a network on IDX files; the last line is the accuracy on the test files. */
export async function main(argv: readonly string[]): Promise<number> {
  return runCommand(USAGE, async () => {
    const options = parse(argv);
    if (!options) console.log(USAGE);
    else await train(options);
    return 0;
  });
}

type Options = NonNullable<ReturnType<typeof parse>>;

async function train(options: Options): Promise<void> {
  // Now rather than after the training: whether the file can be written.
  if (options.save) await access(dirname(options.save), constants.W_OK);
  const data = await readSamples(options.images, options.labels);
  const test = await readSamples(options['test-images'], options['test-labels']);
  const recipe = await readRecipe(options, data.shape, classesOf(data, test));
  const { steps, seed, backend } = options;
  const net = await open(recipe.model, backend, seed);
  const where = net.device ? `GPU: ${describeAdapter(net.device)}` : 'CPU reference';
  const total = recipe.model.countParams().total;
  console.log(`${recipe.name}, ${total} numbers, ${data.count} samples, on ${where}`);
  const every = options['eval-every'];
  const training = fit(net, data.samples, {
    loss: 'crossEntropy',
    optimizer: recipe.optimizer(options.lr, steps),
    steps,
    batch: options.batch ?? recipe.batch,
    seed,
    ...(every && { validation: test.samples, validateEvery: every }),
  });
  const bar = new ProgressBar(steps);
  for await (const progress of training) bar.report(progress);
  bar.end();
  if (training.result?.outcome === 'diverged') {
    throw new DataError({
      where: `step ${training.result.step}`,
      rule: 'the loss stays finite',
      found: String(training.result.last?.loss),
      remedy: 'Use a smaller --lr.',
    });
  }
  await training.dispose();
  if (options.save) await save(net, options.save);
  const { metrics } = await evaluate(net, test.samples, { loss: 'crossEntropy' });
  net.dispose();
  console.log(`test accuracy ${(metrics.accuracy as number).toFixed(4)}`);
}

async function open(model: Model, backend: 'gpu' | 'cpu', seed: number): Promise<Network> {
  if (backend === 'cpu') return compile(model, { backend, seed });
  return compile(model, { device: await requestDevice({ gpu: await requestNodeGPU() }), seed });
}

async function readRecipe(options: Options, shape: number[], classes: number): Promise<Recipe> {
  const { network } = options;
  const batchNorm = options['batch-norm'] === 'on';
  if (network === 'cnn') return cnn(shape, classes, batchNorm);
  if (network === 'mlp') return mlp(shape, classes, batchNorm);
  let config: unknown;
  try {
    config = JSON.parse(await readFile(network, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new FormatError({ where: network, rule: 'it is JSON', found: cause.message }, { cause });
  }
  const model = readModel(network, config);
  const wanted = shape.reduce((size, extent) => size * extent);
  const [{ tensor }] = model.inputs;
  if (model.inputs.length > 1 || tensor.shape.reduce((a, b) => a * b, 1) !== wanted) {
    throw new ShapeError({
      where: network,
      rule: `its one input takes pictures of [${shape}], ${wanted} numbers`,
      found: model.inputs.map((port) => `[${port.tensor.shape}]`).join(' and '),
    });
  }
  return { ...cnn(shape, classes, batchNorm), name: basename(network), model };
}

function readModel(file: string, config: unknown): Model {
  try {
    return modelFromConfig(config);
  } catch (cause) {
    if (!(cause instanceof BatchNormError)) throw cause;
    throw new FormatError({ ...cause, where: `${file}, ${cause.where}` }, { cause });
  }
}

/** Pictures [n, height, width] or [n, height, width, channels] in 0…1, and their labels. */
async function readSamples(imageFile: string, labelFile: string) {
  const [images, labels] = await Promise.all(
    [imageFile, labelFile].map(async (file) => readIdx(await readFile(file), { name: file })),
  );
  const [count, height, width, channels = 1] = images.shape;
  if (images.shape.length < 3 || images.shape.length > 4) {
    throw new FormatError({
      where: imageFile,
      rule: 'it holds pictures: samples, height, width, and perhaps channels',
      found: `[${images.shape}]`,
    });
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new DataError({
      where: labelFile,
      rule: `it has a label for each of the ${count} pictures of ${imageFile}`,
      found: `[${labels.shape}]`,
    });
  }
  const scale = images.data instanceof Uint8Array ? 1 / 255 : 1;
  const samples: Samples = {
    x: Float32Array.from(images.data, (value) => value * scale),
    y: Int32Array.from(labels.data),
  };
  return { samples, count, shape: [height, width, channels], largest: largest(labels.data) };
}

function classesOf(...sets: readonly { readonly largest: number }[]): number {
  return Math.max(1, ...sets.map((set) => set.largest)) + 1;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}

async function save(net: Network, file: string): Promise<void> {
  const metadata = new Map([['model', JSON.stringify(net.model.toConfig())]]);
  await writeFile(file, writeState(await net.getState(), metadata));
  console.log(`saved ${file}`);
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const { values: given } = parsed(() =>
    parseArgs({
      args: [...argv],
      options: {
        images: text,
        labels: text,
        'test-images': text,
        'test-labels': text,
        network: { ...text, default: 'cnn' },
        'batch-norm': { ...text, default: 'on' },
        steps: { ...text, default: '500' },
        batch: text,
        lr: text,
        seed: { ...text, default: '0' },
        'eval-every': text,
        save: text,
        backend: { ...text, default: 'gpu' },
        help: { type: 'boolean', default: false },
      },
    }),
  );
  if (given.help) return undefined;
  const file = (name: 'images' | 'labels' | 'test-images' | 'test-labels') => {
    const value = given[name];
    if (!value) throw new UsageError(`--${name} is missing`);
    return value;
  };
  const optionalCount = (name: 'batch' | 'eval-every') => {
    const value = given[name];
    return value === undefined ? undefined : countOf(name, value);
  };
  const isRate = (n: number) => Number.isFinite(n) && n > 0;
  const isSeed = (n: number) => Number.isInteger(n) && n >= 0 && n < 2 ** 32;
  return {
    images: file('images'),
    labels: file('labels'),
    'test-images': file('test-images'),
    'test-labels': file('test-labels'),
    network: given.network,
    'batch-norm': oneOf('batch-norm', given['batch-norm'], ['on', 'off']),
    steps: countOf('steps', given.steps),
    batch: optionalCount('batch'),
    lr: given.lr === undefined ? undefined : numberOf('lr', given.lr, isRate, 'a number > 0'),
    seed: numberOf('seed', given.seed, isSeed, 'an integer in [0, 2^32)'),
    'eval-every': optionalCount('eval-every'),
    save: given.save,
    backend: oneOf('backend', given.backend, ['gpu', 'cpu']),
  };
}
