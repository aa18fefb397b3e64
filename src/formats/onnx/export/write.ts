import { ArgumentError } from '../../../core/errors';
import type { Node, Value } from '../../../ir/graph';
import type { Call, SymbolicTensor } from '../../../model/layer';
import { layerGraph } from '../../../model/layer-graph';
import { type BatchNormOptions, batchNormNumbers } from '../../../model/layers/batch-norm';
import type { Model } from '../../../model/model';
import type { ModelState } from '../../../model/state';
import type { Place } from '../../../model/structure';
import { Layouts } from '../../layouts';
import { encode } from '../encode';
import { MODEL, type ValueInfoProto } from '../messages';
import { type Emit, FUNCTIONS, inexpressible } from './functions';
import { firstOrder, identity, type Known, type Live, type Operand, Operands } from './operand';
import { batchNorm, conv, convTranspose, dense, type Fold, foldOf } from './weights';
import { GraphWriter, portOf } from './writer';

export interface WriteOnnxOptions {
  /** Whether batch norms go into the convolution or dense layer before them. Default false. */
  readonly fold?: boolean;
  /**
   * Whether batch norms are in training mode: they normalise by the batch, and their new running
   * statistics are outputs called `<layer>/movingMean` and `<layer>/movingVariance`. Default false.
   */
  readonly training?: boolean;
  /**
   * How inputs and outputs of 3 and more dimensions come and go. `model` (default): in the order of axes
   * that they have here; `channelsFirst`: as most ONNX files have them. Inputs whose axes the model moves
   * itself, as imported ones do, are as they are.
   */
  readonly layout?: 'model' | 'channelsFirst';
}

const IR_VERSION = { 17: 8, 21: 10 } as const;

/**
 * Writes a model and its numbers as an ONNX file: opset 17, or 21 where a group normalisation needs it.
 * The batch is the extent `N`; layers keep their names, and weights are called as PyTorch has them.
 * What `readOnnx` makes of it has the same outputs and state. Throws a typed error that names the layer
 * for what ONNX has no operator for.
 */
export function writeOnnx(
  model: Model,
  state: ModelState,
  options: WriteOnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const { fold = false, training = false } = options;
  if (fold && training) {
    throw new ArgumentError({
      where: 'writeOnnx',
      rule: 'batch norms are folded or in training mode',
      found: 'both',
    });
  }
  const exporter = new Exporter(model, state, options);
  return exporter.finish();
}

type Made = Model['tensors'][number];

class Exporter {
  readonly #writer: GraphWriter;
  readonly #layouts: Layouts;
  readonly #values = new Map<SymbolicTensor, Operand>();
  readonly #operands = new Map<string, Operands>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  /** Batch norms that are left out, by the tensor that they would normalise. */
  readonly #folds = new Map<SymbolicTensor, Made>();

  constructor(
    readonly model: Model,
    readonly state: ModelState,
    readonly options: WriteOnnxOptions,
  ) {
    this.#layouts = new Layouts(model);
    const groups = model.layers.some(({ type }) => type === 'groupNorm');
    this.#writer = new GraphWriter(groups ? 21 : 17);
    if (options.fold) this.#findFolds();
  }

  finish(): Uint8Array<ArrayBuffer> {
    const { model } = this;
    for (const { name, tensor } of model.inputs) {
      const tensorName = this.#writer.tensorName(name);
      const perm = this.#boundary(tensor);
      this.#values.set(tensor, { kind: 'live', name: tensorName, perm, batched: tensor.batched });
      this.#inputs.push(this.#port(tensorName, tensor, perm));
    }
    const names = model.outputs.map(({ name }) => this.#writer.tensorName(name));
    for (const tensor of model.tensors) this.#apply(tensor);
    const statistics = this.#outputs.splice(0);
    for (const [i, { name, tensor }] of model.outputs.entries()) {
      const perm = this.#boundary(tensor);
      this.#writer.output(this.#operandsOf(name).inOrder(this.#value(tensor), perm), names[i]);
      this.#outputs.push(this.#port(names[i], tensor, perm));
    }
    this.#outputs.push(...statistics);
    const { opset, nodes, initializers } = this.#writer;
    return encode(MODEL, {
      ir_version: IR_VERSION[opset as 17 | 21],
      producer_name: 'webgpu-batchnorm',
      opset_import: [{ domain: '', version: opset }],
      metadata_props: [],
      functions: [],
      graph: {
        name: model.name,
        node: nodes,
        initializer: initializers,
        sparse_initializer: [],
        input: this.#inputs,
        output: this.#outputs,
      },
    });
  }

  #boundary(tensor: SymbolicTensor): readonly number[] {
    const rank = tensor.shape.length + Number(tensor.batched);
    const moved = this.options.layout === 'channelsFirst' && this.#layouts.channelsLast(tensor);
    return moved ? firstOrder(rank) : identity(rank);
  }

  #port(name: string, tensor: SymbolicTensor, perm: readonly number[]): ValueInfoProto {
    const shape = tensor.batched ? ['N', ...tensor.shape] : tensor.shape;
    const dims = perm.map((_, at) => shape[perm.indexOf(at)]);
    return portOf(name, tensor.dtype === 'i32' ? 'int64' : 'float', dims);
  }

  #value(tensor: SymbolicTensor): Operand {
    return this.#values.get(tensor) as Operand;
  }

  #operandsOf(name: string): Operands {
    const known = this.#operands.get(name) ?? new Operands(this.#writer, name);
    this.#operands.set(name, known);
    return known;
  }

  #placeOf(call: Call): Place {
    return this.model.places.find(({ layer }) => layer === call.layer) as Place;
  }

  #apply(tensor: Made): void {
    const { call } = tensor;
    const place = this.#placeOf(call);
    const before = call.inputs[0];
    if (this.#folds.get(before) === tensor) {
      this.#values.set(tensor, this.#value(before));
      return;
    }
    if (call.layer.type === 'dropout') {
      this.#values.set(tensor, this.#dropout(place, call));
      return;
    }
    const { graph, inputs, output, states } = layerGraph(call.layer, place.name, call.inputs);
    const known = new Map<Value, Operand>(
      inputs.map((value, i) => [value, this.#value(call.inputs[i])]),
    );
    for (const [name, value] of states) known.set(value, this.#weight(place, name, value));
    for (const { value, data } of graph.constants) {
      const integer = value.dtype === 'i32';
      const { buffer, byteOffset, byteLength } = data;
      const numbers = integer
        ? new Int32Array(buffer, byteOffset, byteLength / 4)
        : new Float32Array(buffer, byteOffset, byteLength / 4);
      const name = `${place.name}/${value.name}`;
      known.set(value, { kind: 'known', name, shape: value.shape, data: numbers, integer });
    }
    const fold = this.#folds.get(tensor);
    for (const node of graph.nodes) {
      const args = node.inputs.map((value) => known.get(value) as Operand);
      const emit = this.#emit(node, place, fold);
      known.set(
        node.outputs[0],
        emit({
          node,
          attrs: node.attrs,
          args,
          writer: this.#writer,
          operands: this.#operandsOf(place.name),
          name: node.outputs[0] === output ? place.name : node.name,
          batched: args.some((arg) => arg.kind === 'live' && arg.batched),
        }),
      );
    }
    this.#values.set(tensor, known.get(output) as Operand);
  }

  #emit(node: Node, place: Place, fold: Made | undefined): Emit {
    const into = fold && this.#foldOf(fold);
    switch (node.op.name) {
      case 'conv2d':
        return conv(into);
      case 'dense':
        return dense(into);
      case 'conv2dTranspose':
        return convTranspose;
      case 'batchNormInference':
        return batchNorm(this.options.training ? this.#trainingMode(place) : undefined);
    }
    if (Object.hasOwn(FUNCTIONS, node.op.name)) return FUNCTIONS[node.op.name];
    throw inexpressible(node, `the op ${node.op.name}`);
  }

  /** A weight under the name that PyTorch gives it: that is how imports find the layer's name. */
  #weight(place: Place, state: string, { shape, dtype }: Value): Known {
    const key = state.slice(place.name.length + 1);
    const own = place.layer.type === 'parameter';
    const name = own ? place.name : `${place.name}.${NAMES[key] ?? key}`;
    const data = this.state.get(state);
    return { kind: 'known', name, shape, data, integer: dtype === 'i32' };
  }

  #dropout({ name, layer }: Place, { inputs }: Call): Live {
    const x = this.#value(inputs[0]) as Live;
    const ratio = this.#writer.scalar(layer.options.rate as number);
    return { ...x, name: this.#writer.node('Dropout', name, [x.name, ratio]) };
  }

  #trainingMode({ name, layer, outputs }: Place) {
    const { momentum, unbiased } = batchNormNumbers(layer.options as BatchNormOptions);
    if (momentum === null || unbiased || outputs.length > 1) {
      throw new ArgumentError({
        where: `batchNorm "${name}"`,
        rule: "ONNX's training mode has a momentum, a biased running variance and one application",
        found: `momentum ${momentum}, unbiased ${unbiased}, ${outputs.length} applications`,
        remedy: 'Export without training, or make the layer with convention "onnx".',
      });
    }
    const statistics = ['movingMean', 'movingVariance'].map((key) => {
      const output = this.#writer.tensorName(`${name}/${key}`);
      this.#outputs.push(portOf(output, 'float', outputs[0].shape.slice(-1)));
      return output;
    });
    return { momentum, mean: statistics[0], variance: statistics[1] };
  }

  /** Batch norms that are all that reads a linear layer, both of them applied once. */
  #findFolds(): void {
    const { tensors, outputs, places } = this.model;
    const once = new Set(
      places.filter(({ outputs }) => outputs.length === 1).map(({ layer }) => layer),
    );
    const ends = new Set(outputs.map(({ tensor }) => tensor));
    for (const tensor of tensors) {
      const { layer, inputs } = tensor.call;
      const [before] = inputs;
      const maker = before?.call?.layer;
      const fits =
        layer.type === 'batchNorm' &&
        maker &&
        FOLDS_INTO.has(maker.type) &&
        maker.options.activation === 'linear' &&
        once.has(maker) &&
        once.has(layer) &&
        !ends.has(before) &&
        tensors.filter(({ call }) => call.inputs.includes(before)).length === 1;
      if (fits) this.#folds.set(before, tensor);
    }
  }

  #foldOf({ call, shape }: Made): Fold {
    const { name, layer } = this.#placeOf(call);
    const channels = shape[shape.length - 1];
    const vector = (key: string, otherwise: number) =>
      this.state.has(`${name}/${key}`)
        ? this.state.get(`${name}/${key}`)
        : new Float32Array(channels).fill(otherwise);
    return foldOf(
      vector('gamma', 1),
      vector('beta', 0),
      vector('movingMean', 0),
      vector('movingVariance', 1),
      batchNormNumbers(layer.options as BatchNormOptions).epsilon,
    );
  }
}

const FOLDS_INTO = new Set(['conv2d', 'depthwiseConv2d', 'conv1d', 'dense']);

const NAMES: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwiseKernel: 'depthwise.weight',
  pointwiseKernel: 'pointwise.weight',
  gamma: 'weight',
  beta: 'bias',
  movingMean: 'running_mean',
  movingVariance: 'running_var',
  alpha: 'weight',
};
