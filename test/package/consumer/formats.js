// Files in and out through every subpath; gives a line that the test knows.
import { readFileSync } from 'node:fs';
import { batchNorm, compile, conv2d, dense, flatten, relu, sequential } from 'webgpu-batchnorm';
import { readTorchState, writeTorchState } from 'webgpu-batchnorm/formats';
import { readKeras, readLayersModel, writeLayersModel } from 'webgpu-batchnorm/keras';
import { readOnnx, writeOnnx } from 'webgpu-batchnorm/onnx';
import { selfTestFamilies } from 'webgpu-batchnorm/self-test';
import { exportTorch } from 'webgpu-batchnorm/torch';

const model = sequential([4, 4, 1], [conv2d(2, 3), batchNorm(), relu(), flatten(), dense(2)]);
const state = model.initialState(3);
const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
const predict = async (made) => {
  const net = await compile(made.model, { backend: 'cpu', state: made.state });
  return [...(await net.predict(x)).data].map((y) => y.toFixed(4)).join(' ');
};
const onnx = readOnnx(writeOnnx(model, state));
const { modelJson, shards } = writeLayersModel(model, state);
const layers = await readLayersModel(modelJson, shards);
const torch = { model, state: readTorchState(writeTorchState(model, state), model) };
const outputs = await Promise.all([{ model, state }, onnx, layers, torch].map(predict));
const files = Object.keys(exportTorch(model, state)).length;
// In a worker of the package's own.
const keras = await readKeras(readFileSync('model.keras'));
const shape = keras.state.type('head/kernel').shape;
const norms = selfTestFamilies().find(({ ops }) => ops.includes('batchNorm')).name;
console.log(`${new Set(outputs).size} answer, ${files} files, [${shape}], ${norms}`);
