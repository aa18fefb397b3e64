// npm run demo-models: the small models that the demo page offers in "Your model", trained on its digits
// and written by the library itself, into demo/data/models.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adam,
  add,
  batchNorm,
  compile,
  conv2d,
  dense,
  depthwiseConv2d,
  evaluate,
  fit,
  globalAveragePooling2d,
  input,
  type Model,
  type ModelState,
  maxPooling2d,
  model,
  relu,
  relu6,
  type SymbolicTensor,
  sequential,
  softmax,
} from 'webgpu-batchnorm';
import { readIdx, readState, writeTorchState } from 'webgpu-batchnorm/formats';
import { writeLayersModel } from 'webgpu-batchnorm/keras';
import { requestNodeGPU } from 'webgpu-batchnorm/node';
import { writeOnnx } from 'webgpu-batchnorm/onnx';
import { digitNetwork } from '../demo/parts/digit-network';

const data = join(import.meta.dirname, '../demo/data');
const models = join(data, 'models');
const shape = [28, 28, 1] as const;
const wide = { padding: 'same', kernelInitializer: 'heNormal' } as const;

/** Residual blocks with the activation first, named as PyTorch does: some batch norms can not fold. */
function residual(): Model {
  const norm = (name: string) => batchNorm({ name, convention: 'pytorch' });
  const block = (x: SymbolicTensor, name: string) => {
    let y = relu({ name: `${name}/relu1` })(norm(`${name}/bn1`)(x));
    y = conv2d(12, 3, { ...wide, name: `${name}/conv1` })(y);
    y = relu({ name: `${name}/relu2` })(norm(`${name}/bn2`)(y));
    y = conv2d(12, 3, { ...wide, name: `${name}/conv2`, useBias: false })(y);
    return add({ name: `${name}/add` })(x, y);
  };
  const x = input(shape, { name: 'image' });
  let y = conv2d(12, 7, { ...wide, strides: 4, name: 'stem', useBias: false })(x);
  y = block(block(y, 'layer1'), 'layer2');
  y = globalAveragePooling2d({ name: 'pool' })(relu({ name: 'relu' })(norm('bn')(y)));
  return model(x, dense(10, { name: 'fc' })(y), { name: 'residual', outputNames: ['scores'] });
}

/** Depthwise and pointwise convolutions, as in MobileNet. */
function mobile(): Model {
  const norm = () => batchNorm({ momentum: 0.9 });
  const block = (filters: number, strides: number) => [
    depthwiseConv2d(3, { padding: 'same', strides }),
    norm(),
    relu6(),
    conv2d(filters, 1),
    norm(),
    relu6(),
  ];
  return sequential(
    shape,
    [
      conv2d(8, 3, { ...wide, strides: 2 }),
      norm(),
      relu6(),
      ...block(16, 2),
      ...block(32, 1),
      globalAveragePooling2d(),
      dense(10),
      softmax(),
    ],
    { name: 'mobile' },
  );
}

/** Convolutions in a row, named as PyTorch does in a `Sequential`: `features.0.weight`. */
function row(): Model {
  const block = (filters: number, first: number) => [
    conv2d(filters, 3, { ...wide, name: `features/${first}` }),
    batchNorm({ name: `features/${first + 1}`, convention: 'pytorch' }),
    relu({ name: `features/${first + 2}` }),
  ];
  const half = (index: number) => maxPooling2d({ name: `features/${index}` });
  return sequential(
    shape,
    [
      ...block(8, 0),
      half(3),
      ...block(16, 4),
      half(7),
      ...block(32, 8),
      globalAveragePooling2d(),
      dense(10, { name: 'classifier' }),
      softmax(),
    ],
    { name: 'row' },
  );
}

async function digits(part: 'train' | 'test') {
  const file = (name: string) => new Uint8Array(readFileSync(join(data, `${part}-${name}`)));
  const images = await readIdx(file('images-idx3-ubyte.gz'));
  const labels = await readIdx(file('labels-idx1-ubyte.gz'));
  return {
    x: Float32Array.from(images.data, (byte) => byte / 255),
    y: Int32Array.from(labels.data),
  };
}

async function trained(net: Model, epochs: number): Promise<ModelState> {
  const network = await compile(net, { gpu: await requestNodeGPU(), seed: 1 });
  const [train, test] = [await digits('train'), await digits('test')];
  const loss = 'crossEntropy';
  const optimizer = adam({ learningRate: 0.01 });
  await fit(network, train, { loss, optimizer, epochs, batch: 50, seed: 1, metrics: [] }).run();
  const { metrics } = await evaluate(network, test, { loss });
  console.log(`${net.name}: test accuracy ${metrics.accuracy}`);
  const state = await network.getState();
  network.dispose();
  return state;
}

function save(name: string, content: string | Uint8Array): void {
  writeFileSync(join(models, name), content);
  console.log(`  ${name}: ${content.length} bytes`);
}

const makers: Readonly<Record<string, () => Promise<void>>> = {
  /** The network of the page, which is trained already. */
  async digits() {
    const state = readState(new Uint8Array(readFileSync(join(data, 'digit-network.safetensors'))));
    save('digits.onnx', writeOnnx(digitNetwork(true), state, { layout: 'channelsFirst' }));
  },
  async residual() {
    const net = residual();
    save('residual.onnx', writeOnnx(net, await trained(net, 5), { layout: 'channelsFirst' }));
  },
  async mobile() {
    const net = mobile();
    const { modelJson, shards } = writeLayersModel(net, await trained(net, 5));
    save('mobile/model.json', modelJson);
    for (const [name, bytes] of shards) save(`mobile/${name}`, bytes);
  },
  async torch() {
    const net = row();
    save('torch/layers.json', `${JSON.stringify(net.toConfig(), null, 2)}\n`);
    save('torch/weights.safetensors', writeTorchState(net, await trained(net, 10)));
  },
};

/** Makes all of them, or those named. */
export async function main(names: readonly string[]): Promise<number> {
  for (const folder of ['mobile', 'torch']) mkdirSync(join(models, folder), { recursive: true });
  for (const [name, make] of Object.entries(makers)) {
    if (!names.length || names.includes(name)) await make();
  }
  return 0;
}
