// Layers with weights as operators of ONNX.
import type { NumericArray } from '../../../core/dtype';
import { type Emit, type EmitContext, live, windowOf } from './functions';
import { firstOrder, identity, type Known, type Operand } from './operand';
import { float } from './writer';

/** What a batch norm that is left out does to the channels of the layer before it: scale·x + shift. */
export interface Fold {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** s = γ/√(σ² + ε), and β − μ·s. */
export function foldOf(
  gamma: NumericArray,
  beta: NumericArray,
  mean: NumericArray,
  variance: NumericArray,
  epsilon: number,
): Fold {
  const scale = Float64Array.from(variance, (v, c) => gamma[c] / Math.sqrt(v + epsilon));
  return { scale, shift: Float64Array.from(mean, (m, c) => beta[c] - m * scale[c]) };
}

const known = (operand: Operand) => operand as Known;

/** Weights [..., channels], with what is folded into them. */
function folded(weights: Known, fold: Fold | undefined): Known {
  if (!fold) return weights;
  const channels = fold.scale.length;
  const data = Float64Array.from(weights.data, (w, i) => w * fold.scale[i % channels]);
  return { ...weights, data };
}

function foldedBias(bias: Known | undefined, fold: Fold | undefined, name: string): Known[] {
  if (!fold) return bias ? [bias] : [];
  const data = fold.shift.map((shift, c) => shift + (bias ? bias.data[c] * fold.scale[c] : 0));
  return [{ kind: 'known', name, shape: [data.length], data, integer: false }];
}

const plainNames = (context: EmitContext, operands: readonly Known[]) =>
  operands.map((one) => context.operands.known(one, identity(one.shape.length)));

/** Operators whose weights are the layer's; `fold` is what comes of the batch norm after it. */
export const conv =
  (fold?: Fold): Emit =>
  (context) => {
    const { args, attrs, operands, writer, name } = context;
    const [kh, kw] = known(args[1]).shape;
    const weight = operands.known(folded(known(args[1]), fold), [3, 2, 0, 1]);
    const bias = foldedBias(args[2] && known(args[2]), fold, `${name}.bias`);
    const inputs = [operands.channelsFirst(args[0]), weight, ...plainNames(context, bias)];
    const output = writer.node('Conv', name, inputs, {
      kernel_shape: [kh, kw],
      ...windowOf(attrs),
      group: (attrs.groups as number | undefined) ?? 1,
    });
    return live(context, output, firstOrder(4));
  };

export const convTranspose: Emit = (context) => {
  const { args, attrs, operands, writer, name } = context;
  const [kh, kw] = known(args[1]).shape;
  // [kh, kw, out/groups, in] to [in, out/groups, kh, kw].
  const weight = operands.known(known(args[1]), [3, 2, 0, 1]);
  const bias = args[2] ? [known(args[2])] : [];
  const inputs = [operands.channelsFirst(args[0]), weight, ...plainNames(context, bias)];
  const output = writer.node('ConvTranspose', name, inputs, {
    kernel_shape: [kh, kw],
    ...windowOf(attrs),
    group: (attrs.groups as number | undefined) ?? 1,
    output_padding: (attrs.outputPadding as number[] | undefined) ?? [0, 0],
  });
  return live(context, output, firstOrder(4));
};

export const dense =
  (fold?: Fold): Emit =>
  (context) => {
    const { args, operands, writer, name, node } = context;
    const rank = node.outputs[0].shape.length;
    const weights = folded(known(args[1]), fold);
    const bias = foldedBias(args[2] && known(args[2]), fold, `${name}.bias`);
    const x = operands.plain(args[0]);
    if (rank === 2) {
      const inputs = [x, operands.known(weights, [1, 0]), ...plainNames(context, bias)];
      return live(context, writer.node('Gemm', name, inputs, { transB: 1 }), identity(2));
    }
    const product = writer.node('MatMul', name, [x, operands.known(weights, [0, 1])]);
    if (!bias.length) return live(context, product, identity(rank));
    const sum = writer.node('Add', `${name}/bias`, [product, ...plainNames(context, bias)]);
    return live(context, sum, identity(rank));
  };

export interface TrainingMode {
  /** Weight of the old running value. */
  readonly momentum: number;
  /** Names of the outputs for the new statistics. */
  readonly mean: string;
  readonly variance: string;
}

export const batchNorm =
  (training?: TrainingMode): Emit =>
  (context) => {
    const { args, attrs, operands, writer, name, node } = context;
    const rank = node.outputs[0].shape.length;
    const vectors = args.slice(1, 5).map((one) => operands.known(known(one), [0]));
    const output = writer.tensorName(name);
    writer.node(
      'BatchNormalization',
      name,
      [operands.channelsFirst(args[0]), ...vectors],
      {
        epsilon: float(attrs.epsilon as number),
        ...(training && { momentum: float(training.momentum), training_mode: 1 }),
      },
      training ? [output, training.mean, training.variance] : [output],
    );
    return live(context, output, firstOrder(rank));
  };
