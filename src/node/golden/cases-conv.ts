import { sizeOf } from '../../core/shape';
import type { Value } from '../../ir/graph';
import { reluOp } from '../../ops/activations';
import { batchNormOp } from '../../ops/batch-norm';
import { batchNormInferenceOp } from '../../ops/batch-norm-inference';
import { addOp, mulOp } from '../../ops/binary';
import { conv2dOp, conv2dTransposeOp } from '../../ops/conv';
import { denseOp } from '../../ops/matmul';
import { reshapeOp } from '../../ops/reshape';
import { CaseGraph, type Family } from './case-graph';
import { batchNormInputs, batchNormLast, foldedVectors, withStatistics } from './cases-norm';

/** [out, in, h, w] to [h, w, in, out]. */
const OIHW_TO_HWIO = [2, 3, 1, 0];

/** The image with its channels last, whatever the case's layout is. */
export function imageLast(graph: CaseGraph, image: Value): Value {
  return graph.golden.attrs.channelsLast() ? image : graph.axisLast(image, 1);
}

export function imageBack(graph: CaseGraph, image: Value): Value {
  return graph.golden.attrs.channelsLast() ? image : graph.axisBack(image, 1);
}

function optional(graph: CaseGraph, name: string): Value[] {
  return graph.golden.has(name) ? [graph.input(name)] : [];
}

const conv2d: Family = async (golden) => {
  const { attrs } = golden;
  const graph = new CaseGraph(golden);
  const [x, w, bias] = [graph.input('x'), graph.input('w'), optional(graph, 'b')];
  const filters = attrs.channelsLast() ? w : graph.permute(w, OIHW_TO_HWIO);
  const result = graph.op(conv2dOp, [imageLast(graph, x), filters, ...bias], {
    strides: attrs.pair('stride', 1),
    pads: attrs.pads('padding', 'pad'),
    dilations: attrs.pair('dilation', 1),
    groups: attrs.number('groups', 1),
  });
  const y = imageBack(graph, result);
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x, dw: w, ...(bias[0] && { db: bias[0] }) });
  return golden.run(graph);
};

const convTranspose2d: Family = async (golden) => {
  const { attrs } = golden;
  const graph = new CaseGraph(golden);
  const [x, w, bias] = [graph.input('x'), graph.input('w'), optional(graph, 'b')];
  // [in, out/groups, h, w]: the op takes [h, w, out/groups, in].
  const filters = graph.permute(w, OIHW_TO_HWIO);
  const result = graph.op(conv2dTransposeOp, [imageLast(graph, x), filters, ...bias], {
    strides: attrs.pair('stride', 1),
    pads: attrs.pads('padding', 'pad'),
    dilations: attrs.pair('dilation', 1),
    groups: attrs.number('groups', 1),
    outputPadding: attrs.pair('output_padding', 0),
  });
  const y = imageBack(graph, result);
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x, dw: w, ...(bias[0] && { db: bias[0] }) });
  return golden.run(graph);
};

const convBnRelu: Family = async (golden) => {
  const { attrs } = golden;
  const training = attrs.flag('training');
  const graph = new CaseGraph(golden);
  const [x, w, bias] = [graph.input('x'), graph.input('w'), optional(graph, 'b')];
  const filters = graph.permute(w, OIHW_TO_HWIO);
  const conv = graph.op(conv2dOp, [imageLast(graph, x), filters, ...bias], {
    strides: attrs.pair('stride', 1),
    pads: attrs.pads('pad'),
    dilations: attrs.pair('dilation', 1),
    groups: attrs.number('groups', 1),
  });
  const names = batchNormInputs(graph);
  const { gamma, beta, mean, variance } = names;
  const epsilon = attrs.number('eps');
  const normal = training
    ? batchNormLast(graph, conv, names)
    : graph.op(batchNormInferenceOp, [conv, gamma, beta, mean, variance], { epsilon });
  const y = imageBack(graph, graph.op(reluOp, [normal]));
  graph.g.output('y', y);
  graph.g.output('conv_out', imageBack(graph, conv));
  if (!training) {
    const [scale, shift] = foldedVectors(graph, names);
    const column = graph.op(reshapeOp, [scale], { shape: [w.shape[0], 1, 1, 1] });
    graph.g.output('folded_w', graph.op(mulOp, [w, column]));
    const moved = bias.map((b) => graph.op(addOp, [shift, graph.op(mulOp, [b, scale])]));
    graph.g.output('folded_b', moved[0] ?? shift);
  }
  const wrt = { dx: x, dw: w, dgamma: gamma, dbeta: beta, ...(bias[0] && { db: bias[0] }) };
  graph.gradients(y, graph.input('dy'), wrt);
  const outputs = await golden.run(graph);
  return training ? withStatistics(outputs, sizeOf(golden.shape('gamma'))) : outputs;
};

/** y = relu(bn2(conv2(relu(bn1(conv1(x))))) + x): 3×3, pad 1, no bias, batch statistics. */
const residualBlock: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const input = graph.input('x');
  const wrt: Record<string, Value> = { dx: input };
  const x = graph.axisLast(input, 1);
  const layer = (value: Value, n: number) => {
    const [w, gamma, beta] = [`w${n}`, `g${n}`, `b${n}`].map((name) => {
      wrt[`d${name}`] = graph.input(name);
      return graph.input(name);
    });
    const conv = graph.op(conv2dOp, [value, graph.permute(w, OIHW_TO_HWIO)], {
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      groups: 1,
    });
    const running = [graph.g.fill(0, gamma), graph.g.fill(1, gamma)];
    const [normal] = graph.g.apply(batchNormOp, [conv, gamma, beta, ...running], {
      blend: 1,
      epsilon: golden.attrs.number('eps', 1e-5),
      momentum: 1,
      unbiased: false,
      cumulative: false,
    });
    return normal;
  };
  const inner = layer(graph.op(reluOp, [layer(x, 1)]), 2);
  const y = graph.axisBack(graph.op(reluOp, [graph.op(addOp, [inner, x])]), 1);
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), wrt);
  return golden.run(graph);
};

const dense: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const [x, w, bias] = [graph.input('x'), graph.input('w'), optional(graph, 'b')];
  const byOutput = golden.attrs.text('weight', '[out,in]') === '[out,in]';
  const weights = byOutput ? graph.permute(w, [1, 0]) : w;
  const y = graph.op(denseOp, [x, weights, ...bias]);
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x, dw: w, ...(bias[0] && { db: bias[0] }) });
  return golden.run(graph);
};

export const convFamilies: Record<string, Family> = {
  conv2d,
  conv_transpose2d: convTranspose2d,
  conv_bn_relu: convBnRelu,
  residual_block_train: residualBlock,
  dense,
};
