// The networks of `cnn_training` cases, as their `graph` attribute writes them:
// "conv3x3p1(1->8) bn relu maxpool2 flatten(NCHW order) linear".

import type { Value } from '../../ir/graph';
import { reluOp } from '../../ops/activations';
import { batchNormOp } from '../../ops/batch-norm';
import { batchNormInferenceOp } from '../../ops/batch-norm-inference';
import { conv2dOp } from '../../ops/conv';
import { denseOp } from '../../ops/matmul';
import { maxPool2dOp } from '../../ops/max-pool';
import { reshapeOp } from '../../ops/reshape';
import type { CaseGraph } from './case-graph';

type Layer =
  | { readonly kind: 'conv'; readonly name: string; readonly pad: number }
  | { readonly kind: 'bn'; readonly name: string }
  | { readonly kind: 'maxpool'; readonly size: number }
  | { readonly kind: 'relu' | 'flatten' | 'linear' };

/** Undefined where a word is not understood. */
export function parseLayers(text: string): Layer[] | undefined {
  const layers: Layer[] = [];
  const count = { conv: 0, bn: 0 };
  for (const word of text.match(/[^\s(]+(?:\([^)]*\))?/g) ?? []) {
    const conv = /^conv\d+x\d+(?:p(\d+))?\(/.exec(word);
    const pool = /^maxpool(\d+)$/.exec(word);
    if (conv) {
      layers.push({ kind: 'conv', name: `conv${++count.conv}`, pad: Number(conv[1] ?? 0) });
    } else if (pool) {
      layers.push({ kind: 'maxpool', size: Number(pool[1]) });
    } else if (word === 'bn') {
      layers.push({ kind: 'bn', name: `bn${++count.bn}` });
    } else if (word === 'relu' || word === 'linear') {
      layers.push({ kind: word });
    } else if (/^flatten\(NCHW/.test(word)) {
      layers.push({ kind: 'flatten' });
    } else {
      return undefined;
    }
  }
  return layers;
}

export function batchNormsOf(layers: readonly Layer[]): string[] {
  return layers.flatMap((layer) => (layer.kind === 'bn' ? [layer.name] : []));
}

export interface LayerContext {
  readonly graph: CaseGraph;
  readonly training: boolean;
  readonly epsilon: number;
  readonly momentum: number;
  readonly unbiased: boolean;
  readonly parameters: ReadonlyMap<string, Value>;
  /** Running mean and variance of each batch norm: states. */
  readonly running: ReadonlyMap<string, readonly [Value, Value]>;
}

/** The logits of NCHW images. In training the running statistics are updated. */
export function applyLayers(layers: readonly Layer[], images: Value, context: LayerContext): Value {
  const { graph } = context;
  let value = graph.axisLast(images, 1);
  for (const layer of layers) value = applyLayer(layer, value, context);
  return value;
}

function applyLayer(layer: Layer, x: Value, context: LayerContext): Value {
  const { graph, parameters } = context;
  const parameter = (name: string) => parameters.get(name) as Value;
  const optional = (name: string) => (parameters.has(name) ? [parameter(name)] : []);
  switch (layer.kind) {
    case 'conv': {
      const weights = graph.permute(parameter(`${layer.name}_w`), [2, 3, 1, 0]);
      return graph.op(conv2dOp, [x, weights, ...optional(`${layer.name}_b`)], {
        strides: [1, 1],
        pads: [layer.pad, layer.pad, layer.pad, layer.pad],
        dilations: [1, 1],
        groups: 1,
      });
    }
    case 'bn':
      return batchNorm(layer.name, x, context);
    case 'relu':
      return graph.op(reluOp, [x]);
    case 'maxpool':
      return graph.op(maxPool2dOp, [x], { size: [layer.size, layer.size] });
    case 'flatten': {
      const first = graph.axisBack(x, 1);
      const [batch, ...rest] = first.shape;
      return graph.op(reshapeOp, [first], { shape: [batch, rest.reduce((a, b) => a * b, 1)] });
    }
    case 'linear': {
      const weights = graph.permute(parameter('fc_w'), [1, 0]);
      return graph.op(denseOp, [x, weights, ...optional('fc_b')]);
    }
  }
}

function batchNorm(name: string, x: Value, context: LayerContext): Value {
  const { graph, parameters, running, training, epsilon, momentum, unbiased } = context;
  const scale = ['gamma', 'beta'].map((part) => parameters.get(`${name}_${part}`) as Value);
  const [mean, variance] = running.get(name) as readonly [Value, Value];
  const inputs = [x, ...scale, mean, variance];
  if (!training) return graph.op(batchNormInferenceOp, inputs, { epsilon });
  const [y, , newMean, newVariance] = graph.g.apply(batchNormOp, inputs, {
    blend: 1,
    epsilon,
    momentum,
    unbiased,
    cumulative: false,
  });
  graph.g.update(mean, newMean);
  graph.g.update(variance, newVariance);
  return y;
}
