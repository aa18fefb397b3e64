// Cases of data/keras-layers as files of tf.layers models.
import { applied, functionalTopology, inputLayer, layersModel } from './keras-files';

export interface KerasTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A layer's config, inputs, weights and outputs: no tensor has its batch dimension. */
export interface KerasCase {
  readonly id: string;
  readonly config: Record<string, unknown>;
  readonly inputs: readonly KerasTensor[];
  readonly weights: readonly KerasTensor[];
  readonly expected: KerasTensor;
}

const MERGES = ['Add', 'Average', 'Maximum', 'Minimum', 'Multiply', 'Subtract'];

/** Names of a layer's weights in the order of `get_weights()`. */
function weightNames(className: string, config: Record<string, unknown>): string[] {
  const bias = config.use_bias === false ? [] : ['bias'];
  switch (className) {
    case 'BatchNormalization':
      return [
        ...(config.scale === false ? [] : ['gamma']),
        ...(config.center === false ? [] : ['beta']),
        'moving_mean',
        'moving_variance',
      ];
    case 'SeparableConv2D':
      return ['depthwise_kernel', 'pointwise_kernel', ...bias];
    default:
      return ['kernel', ...bias];
  }
}

/** The model of a case: the layer alone, behind a Dense layer, or merging what Dense layers make. */
export function caseModel(className: string, { config, inputs, weights }: KerasCase) {
  const named = (layer: string, names: readonly string[], from: number) =>
    names.map((name, i) => ({ name: `${layer}/${name}`, ...weights[from + i] }));
  const ports = inputs.map(({ shape }, i) => inputLayer(`input_${i}`, shape));
  const names = inputs.map((_, i) => `input_${i}`);
  if (className === 'Activation' || MERGES.includes(className)) {
    const branches = weights.length / 2;
    const dense = Array.from({ length: branches }, (_, i) =>
      applied('Dense', `dense_${i}`, { units: weights[2 * i].shape[1] }, [names[i] ?? names[0]]),
    );
    const sources = dense.map((_, i) => `dense_${i}`);
    const layers = [...ports, ...dense, applied(className, 'layer', config, sources)];
    const all = sources.flatMap((name, i) => named(name, ['kernel', 'bias'], 2 * i));
    return layersModel(functionalTopology(layers, names, ['layer']), all);
  }
  const layers = [...ports, applied(className, 'layer', config, names)];
  const all = weights.length ? named('layer', weightNames(className, config), 0) : [];
  return layersModel(functionalTopology(layers, names, ['layer']), all);
}
