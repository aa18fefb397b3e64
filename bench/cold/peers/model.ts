// The small CNN of the cold start as an ONNX file, with weights that weigh next to nothing.
import { type Shape, sizeOf } from '../../../src/core/shape';
import { OnnxGraph } from '../../peers/onnx';

export function coldModel(): Uint8Array {
  const g = new OnnxGraph();
  const full = (shape: Shape, value: number) =>
    g.constant(new Float32Array(sizeOf(shape)).fill(value), shape);
  const block = (x: string, channels: number) => {
    const y = g.op('Conv', [x, full([32, channels, 3, 3], 0.01)], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
    });
    const vectors = [1, 0.1, 0.1, 0.1].map((value) => full([32], value));
    const epsilon = { float: 1e-3 };
    return g.op('Relu', [g.op('BatchNormalization', [y, ...vectors], { epsilon })]);
  };
  const x = block(block(g.input('input', [1, 1, 28, 28]), 1), 32);
  const pooled = g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
  const logits = g.op('MatMul', [g.op('Flatten', [pooled]), full([32 * 14 * 14, 10], 0.01)]);
  g.op('Softmax', [logits], { axis: 1 }, 'output');
  g.output('output', [1, 10]);
  return g.bytes();
}
