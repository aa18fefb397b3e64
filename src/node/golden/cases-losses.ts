import type { Attrs, Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';
import {
  absOp,
  clipOp,
  eluOp,
  expOp,
  geluOp,
  geluTanhOp,
  hardSigmoidOp,
  hardSwishOp,
  huberOp,
  leakyReluOp,
  reluOp,
  seluOp,
  sigmoidOp,
  siluOp,
  softplusOp,
  softsignOp,
  squareOp,
  tanhOp,
} from '../../ops/activations';
import { subOp } from '../../ops/binary';
import { softmaxCrossEntropyOp } from '../../ops/cross-entropy';
import { sigmoidCrossEntropyOp } from '../../ops/losses';
import { logSoftmaxOp, softmaxOp } from '../../ops/softmax';
import { CaseGraph, type Family } from './case-graph';

/** `0p1` in a name is 0.1. */
const numberIn = (text: string) => Number(text.replace('p', '.'));

const softmaxCrossEntropy: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const logits = graph.input('logits');
  const axis = golden.attrs.number('axis', logits.shape.length - 1);
  const rows = graph.axisLast(logits, axis);
  const labels = graph.input('labels');
  const losses = (labelSmoothing: number) =>
    graph.op(softmaxCrossEntropyOp, [rows, labels], { labelSmoothing });
  const plain = losses(0);
  graph.g.output('loss_each', plain);
  graph.g.output('softmax', graph.op(softmaxOp, [logits], { axis }));
  graph.g.output('log_softmax', graph.op(logSoftmaxOp, [logits], { axis }));
  const mean = graph.mean(plain);
  graph.g.output('loss_mean', mean);
  graph.gradients(mean, graph.g.fill(1, mean), { dlogits_mean: logits });
  const sum = graph.sum(plain);
  graph.gradients(sum, graph.g.fill(1, sum), { dlogits_sum: logits });
  for (const { name } of golden.golden.expected) {
    const smooth = /^loss_mean_smooth(\d+p\d+)$/.exec(name);
    if (!smooth) continue;
    const smoothed = graph.mean(losses(numberIn(smooth[1])));
    graph.g.output(name, smoothed);
    const one = graph.g.fill(1, smoothed);
    graph.gradients(smoothed, one, { [`dlogits_mean_smooth${smooth[1]}`]: logits });
  }
  return golden.run(graph);
};

const softmax: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const [x, dy] = [graph.input('x'), graph.input('dy')];
  const attrs = { axis: golden.attrs.number('axis') };
  const [y, log] = [graph.op(softmaxOp, [x], attrs), graph.op(logSoftmaxOp, [x], attrs)];
  graph.g.output('y', y);
  graph.g.output('log_y', log);
  graph.gradients(y, dy, { dx: x });
  graph.gradients(log, dy, { log_dx: x });
  return golden.run(graph);
};

/** Means over all elements, by name: mse, mae, huberδ, bce_logits (the last with targets in [0, 1]). */
const losses: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const prediction = graph.input('pred');
  const difference = () => graph.op(subOp, [prediction, graph.input('target')]);
  const elements = (name: string): Value | undefined => {
    if (name === 'mse') return graph.op(squareOp, [difference()]);
    if (name === 'mae') return graph.op(absOp, [difference()]);
    const huber = /^huber(\d+(?:p\d+)?)$/.exec(name);
    if (huber) return graph.op(huberOp, [difference()], { delta: numberIn(huber[1]) });
    if (name !== 'bce_logits') return undefined;
    return graph.op(sigmoidCrossEntropyOp, [prediction, graph.input('target01')]);
  };
  for (const { name, shape } of golden.golden.expected) {
    if (shape.length > 0) continue;
    const each = elements(name) ?? golden.unsupported(`loss "${name}"`);
    const mean = graph.mean(each);
    graph.g.output(name, mean);
    graph.gradients(mean, graph.g.fill(1, mean), { [`d${name}`]: prediction });
  }
  return golden.run(graph);
};

/** An activation by the name of its case; what follows the name is a parameter. */
const ACTIVATIONS: [RegExp, OpDef, (parameter: number) => Attrs][] = [
  [/^relu6$/, clipOp, () => ({ low: 0, high: 6 })],
  [/^leaky_relu(?:_(\d+p\d+))?$/, leakyReluOp, (alpha) => ({ alpha: alpha || 0.01 })],
  [/^elu(?:_(\d+p\d+))?$/, eluOp, (alpha) => ({ alpha: alpha || 1 })],
  [/^hardswish$/, hardSwishOp, () => ({})],
  [/^hardsigmoid(?:_torch)?$/, hardSigmoidOp, () => ({ alpha: 1 / 6, beta: 0.5 })],
  [/^hardsigmoid_(?:keras|onnx)$/, hardSigmoidOp, () => ({ alpha: 0.2, beta: 0.5 })],
  [/^gelu(?:_erf)?$/, geluOp, () => ({})],
  [/^gelu_tanh$/, geluTanhOp, () => ({})],
  ...[reluOp, seluOp, sigmoidOp, tanhOp, softplusOp, softsignOp, siluOp, expOp, absOp].map(
    (op): [RegExp, OpDef, () => Attrs] => [new RegExp(`^${op.name}$`), op, () => ({})],
  ),
];

const activation: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const known = ACTIVATIONS.find(([name]) => name.test(golden.variant));
  if (!known) return golden.unsupported(`activation "${golden.variant}"`);
  const [name, op, attrs] = known;
  const parameter = name.exec(golden.variant)?.[1] ?? '';
  const x = graph.input('x');
  const y = graph.op(op, [x], attrs(numberIn(parameter)));
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x });
  return golden.run(graph);
};

export const lossFamilies: Record<string, Family> = {
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax,
  losses,
  activation,
};
