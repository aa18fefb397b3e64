// The page of the cold start with ONNX Runtime Web, which loads its model from a file.

import model from 'virtual:small-cnn.onnx';
import * as ort from 'onnxruntime-web/webgpu';
import { measureFirstOutput } from '../../first-output';

measureFirstOutput(async () => {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ['webgpu'] });
  const image = new Float32Array(28 * 28).fill(0.5);
  const { output } = await session.run({
    input: new ort.Tensor('float32', image, [1, 1, 28, 28]),
  });
  return output.getData();
});
