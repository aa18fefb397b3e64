import { ArgumentError } from '../../core/errors';
import { formatShape } from '../../core/shape';
import type { Activation } from '../../model/activations';
import { whereOf } from '../../model/expand';
import type { Call, SymbolicTensor } from '../../model/layer';
import { layerGraph } from '../../model/layer-graph';
import { activation } from '../../model/layers/activation';
import type { Model } from '../../model/model';
import type { Place } from '../../model/structure';
import { Layouts } from '../layouts';
import { asChannelsFirst, asPlain, channelsFirst, type Expression, plain } from './expression';
import { expressionOf } from './functions';
import { MODULES, type TorchModule } from './modules';
import { identifier } from './names';
import { torchWeights } from './weights';

/** What a training script has to know about a module. */
export interface TorchSource {
  /** The Python module. */
  readonly code: string;
  /** The modules' attribute for each layer with weights, as {@link readTorchState} takes them. */
  readonly modules: ReadonlyMap<string, string>;
}

const HEAD = `import torch
import torch.nn as nn
import torch.nn.functional as F
`;

const BIASED = (kind: string) => `

class BiasedBatchNorm${kind}(nn.BatchNorm${kind}):
    """A batch norm whose running variance divides by n, as Keras and ONNX have it."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        with torch.no_grad():
            dims = [dim for dim in range(x.dim()) if dim != 1]
            variance, mean = torch.var_mean(x, dims, unbiased=False)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
            self.num_batches_tracked += 1
        return F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)
`;

/**
 * A model as a readable PyTorch module, the class \`Network\`. Images are channels-first there. Throws a
 * typed error that names the layer for what PyTorch has no expression for.
 */
export function torchModule(model: Model): TorchSource {
  const writer = new Writer(model);
  const { inputs, outputs } = model;
  const arguments_ = writer.inputs();
  for (const tensor of model.tensors) writer.apply(tensor);
  const results = outputs.map(({ tensor }) => writer.result(tensor));
  const shapes = [...inputs, ...outputs].map(
    ({ name, tensor }) => `        ${name}: ${writer.shapeOf(tensor)}`,
  );
  const code = [
    HEAD,
    ...[...writer.biased].sort().map(BIASED),
    '',
    'class Network(nn.Module):',
    `    """${docstring(model.name)}`,
    '',
    ...shapes,
    '',
    '    With logits=True the last softmax or sigmoid is left out, for a stable loss.',
    '    """',
    '',
    `    LOSS = '${writer.loss}'`,
    '',
    '    def __init__(self):',
    '        super().__init__()',
    ...writer.made.map((line) => `        ${line}`),
    '',
    ...(writer.frozen.length ? [...frozen(writer.frozen), ''] : []),
    `    def forward(self, ${arguments_.join(', ')}, logits=False):`,
    ...writer.lines.map((line) => `        ${line}`),
    `        return ${results.join(', ')}`,
    '',
  ];
  return { code: code.join('\n'), modules: writer.modules };
}

const docstring = (text: string) => text.replace(/[\\"]/g, "'");

function frozen(modules: readonly string[]): string[] {
  return [
    '    def train(self, mode=True):',
    '        super().train(mode)',
    '        # Frozen: these normalise by their running statistics, and keep them.',
    ...modules.map((module) => `        ${module}.eval()`),
    '        return self',
  ];
}

type Made = Model['tensors'][number];

class Writer {
  readonly made: string[] = [];
  readonly lines: string[] = [];
  readonly frozen: string[] = [];
  readonly biased = new Set<string>();
  readonly modules = new Map<string, string>();
  loss = 'mse';
  readonly #layouts: Layouts;
  readonly #expressions = new Map<SymbolicTensor, Expression>();
  readonly #attributes = new Map<Place, string>();
  readonly #variables = new Set(['self', 'logits', 'torch', 'nn', 'F']);

  constructor(readonly model: Model) {
    this.#layouts = new Layouts(model);
    const taken = new Set<string>();
    for (const [place, weights] of torchWeights(model)) {
      if (!weights.length) continue;
      let name = identifier(place.name);
      while (taken.has(name)) name = `${name}_`;
      taken.add(name);
      this.#attributes.set(place, name);
      this.modules.set(place.name, name);
    }
  }

  inputs(): string[] {
    return this.model.inputs.map(({ tensor }, i) => {
      if (!tensor.batched) {
        throw new ArgumentError({
          where: `input "${this.model.inputs[i].name}"`,
          rule: 'inputs have a batch dimension',
          found: formatShape(tensor.shape),
          remedy: 'Import or build the model with a free batch.',
        });
      }
      const name = i === 0 ? 'x' : this.#variable(`x${i}`);
      const rank = tensor.shape.length + 1;
      const first = this.#layouts.channelsLast(tensor);
      this.#expressions.set(tensor, first ? channelsFirst(name, rank) : plain(name, rank));
      return name;
    });
  }

  /** The shape that PyTorch sees. */
  shapeOf(tensor: SymbolicTensor): string {
    const { shape } = tensor;
    const first = this.#layouts.channelsLast(tensor);
    return torchShape(first ? [shape[shape.length - 1], ...shape.slice(0, -1)] : shape);
  }

  result(tensor: SymbolicTensor): string {
    const expression = this.#expressionOf(tensor);
    return this.#layouts.channelsLast(tensor) ? asChannelsFirst(expression) : asPlain(expression);
  }

  apply(tensor: Made): void {
    const { layer, inputs } = tensor.call;
    const place = this.model.places.find((place) => place.layer === layer) as Place;
    const attribute = this.#attributes.get(place);
    const args = inputs.map((input) => this.#expressionOf(input));
    const make = Object.hasOwn(MODULES, layer.type) ? MODULES[layer.type] : undefined;
    let expression: Expression;
    let ending: Activation | undefined;
    if (make && attribute) {
      const module = make({
        call: tensor.call,
        where: whereOf(layer, place.name),
        useBias: (layer.options.useBias as boolean | undefined) ?? layer.core.useBias ?? true,
        channelsLast: (tensor) => this.#layouts.channelsLast(tensor),
      });
      if (place.outputs[0] === tensor) this.#declare(place, attribute, module);
      expression = module.call(`self.${attribute}`, args[0]);
      ending = layer.options.activation as Activation | undefined;
    } else if (layer.type === 'dropout') {
      const rate = layer.options.rate as number;
      expression = {
        code: `F.dropout(${args[0].code}, ${rate}, self.training)`,
        perm: args[0].perm,
      };
    } else if (layer.type === 'flatten' && this.#layouts.features(tensor)) {
      expression = plain(`torch.flatten(${asChannelsFirst(args[0])}, 1)`, 2);
    } else if (layer.type === 'flatten') {
      expression = plain(`torch.flatten(${asPlain(args[0])}, 1)`, 2);
    } else if (layer.type === 'activation') {
      expression = args[0];
      ending = layer.options.activation as Activation;
    } else {
      expression = this.#functional(tensor.call, place, args, attribute);
    }
    if (ending !== undefined && ending !== 'linear') {
      expression = this.#activate(tensor, expression, ending);
    }
    this.#assign(tensor, place, expression);
  }

  #declare(place: Place, attribute: string, module: TorchModule): void {
    const self = `self.${attribute}`;
    this.made.push(`${self} = ${module.make}`);
    if (module.biased) this.biased.add(/BatchNorm(\dd)/.exec(module.make)?.[1] as string);
    if (!place.layer.trainable) this.made.push(`${self}.requires_grad_(False)`);
    for (const fixed of module.fixed ?? []) {
      this.made.push(`${self}.${fixed}.requires_grad_(False)`);
    }
    if (module.frozen) this.frozen.push(self);
  }

  /** A layer by the nodes that it stands for. */
  #functional(
    { layer, inputs }: Call,
    place: Place,
    args: readonly Expression[],
    attribute?: string,
  ): Expression {
    const { graph, output, states, parameters, ...built } = layerGraph(layer, place.name, inputs);
    const known = new Map(built.inputs.map((value, i) => [value, args[i]]));
    const first = place.outputs[0].call?.inputs === inputs;
    if (attribute && first) this.made.push(`self.${attribute} = nn.ParameterDict({`);
    for (const [name, value] of states) {
      const key = name.slice(place.name.length + 1);
      known.set(value, plain(`self.${attribute}['${key}']`, value.shape.length));
      const grad = parameters.has(name);
      const zeros = `torch.zeros(${value.shape.join(', ')})`;
      if (first)
        this.made.push(
          `    '${key}': nn.Parameter(${zeros}, requires_grad=${grad ? 'True' : 'False'}),`,
        );
    }
    if (attribute && first) this.made.push('})');
    return expressionOf(graph, output, known);
  }

  /** The activation at the end of the network is apart, for the loss. */
  #activate(tensor: Made, expression: Expression, function_: Activation): Expression {
    const { outputs } = this.model;
    const name = typeof function_ === 'string' ? function_ : function_.name;
    const rank = expression.perm.length;
    const last = outputs.length === 1 && outputs[0].tensor === tensor;
    const axis = typeof function_ === 'object' ? function_.axis : undefined;
    const whole = axis === undefined || axis === -1 || axis === rank - 1;
    let logits = expression;
    if (last && whole && ['softmax', 'logSoftmax', 'sigmoid'].includes(name)) {
      this.loss = name === 'sigmoid' ? 'binary_cross_entropy' : 'cross_entropy';
      const first = this.#layouts.channelsLast(tensor);
      this.lines.push(`x = ${expression.code}`);
      logits = { code: 'x', perm: expression.perm };
      const ready = first ? asChannelsFirst(logits) : asPlain(logits);
      this.lines.push('if logits:', `    return ${ready}`);
    }
    const { graph, inputs, output } = layerGraph(activation(function_), tensor.call.layer.name, [
      tensor,
    ]);
    return expressionOf(graph, output, new Map([[inputs[0], logits]]));
  }

  /** Names a layer's result: `x` along a chain, the layer's name where it branches. */
  #assign(tensor: SymbolicTensor, place: Place, expression: Expression): void {
    const readers = this.model.tensors.filter(({ call }) => call.inputs.includes(tensor)).length;
    const waiting = [...this.#expressions].some(
      ([other, { code }]) =>
        code === 'x' &&
        this.model.tensors.some(
          ({ call, order }) => order > tensor.order && call.inputs.includes(other),
        ),
    );
    if (/^[A-Za-z_]\w*$/.test(expression.code)) {
      this.#expressions.set(tensor, expression);
      return;
    }
    const ends = this.model.outputs.some((output) => output.tensor === tensor);
    const several = readers > 1 || (ends && this.model.outputs.length > 1);
    const name = several || waiting ? this.#variable(identifier(place.name)) : 'x';
    this.lines.push(`${name} = ${expression.code}`);
    this.#expressions.set(tensor, { code: name, perm: expression.perm });
  }

  #variable(wanted: string): string {
    let name = wanted;
    while (this.#variables.has(name)) name = `${name}_`;
    this.#variables.add(name);
    return name;
  }

  #expressionOf(tensor: SymbolicTensor): Expression {
    return this.#expressions.get(tensor) as Expression;
  }
}

const torchShape = (shape: readonly number[]) => `[${['n', ...shape].join(', ')}]`;
