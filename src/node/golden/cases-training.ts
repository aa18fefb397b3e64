import type { TypedArray } from '../../core/dtype';
import { sizeOf } from '../../core/shape';
import type { Graph, TensorType, Value } from '../../ir/graph';
import { softmaxCrossEntropyOp } from '../../ops/cross-entropy';
import { incrementOp } from '../../ops/indices';
import type { Inputs, Program } from '../../runtime/program';
import { adagrad, adam, adamW, type Optimizer, rmsprop, sgd } from '../../train/optimizers';
import type { Attributes } from './attributes';
import { CaseGraph, type Family, type Golden, type Results } from './case-graph';
import { applyLayers, batchNormsOf, type LayerContext, parseLayers } from './layers';

/** torch.optim's rule of that name, with its options and defaults. */
function optimizerOf(name: string, attrs: Attributes): Optimizer | undefined {
  const [beta1, beta2] = attrs.list('betas', 2, [0.9, 0.999]);
  const common = {
    learningRate: attrs.number('lr'),
    weightDecay: attrs.number('weight_decay', 0),
  };
  const epsilon = attrs.number('eps', 1e-8);
  const momentum = attrs.number('momentum', 0);
  const amsgrad = attrs.flag('amsgrad');
  switch (name) {
    case 'SGD': {
      const dampening = attrs.number('dampening', 0);
      return sgd({ ...common, momentum, dampening, nesterov: attrs.flag('nesterov') });
    }
    case 'Adam':
      return adam({ ...common, beta1, beta2, epsilon, amsgrad });
    case 'AdamW': {
      const weightDecay = attrs.number('weight_decay', 0.01);
      return adamW({ ...common, weightDecay, beta1, beta2, epsilon, amsgrad });
    }
    case 'RMSprop': {
      const alpha = attrs.number('alpha', 0.99);
      return rmsprop({ ...common, epsilon, alpha, momentum, centered: attrs.flag('centered') });
    }
    case 'Adagrad': {
      const learningRateDecay = attrs.number('lr_decay', 0);
      return adagrad({ ...common, epsilon: attrs.number('eps', 1e-10), learningRateDecay });
    }
    default:
      return undefined;
  }
}

/** A graph's states, and what they start with. */
class States {
  readonly values = new Map<string, { type: TensorType; values: ArrayLike<number> }>();

  constructor(readonly graph: CaseGraph) {}

  add(name: string, { dtype, shape }: TensorType, values?: ArrayLike<number>): Value {
    const type = { dtype, shape };
    const start = values ?? new Float32Array(sizeOf(shape));
    this.values.set(name, { type, values: start });
    return this.graph.g.state(name, type);
  }
}

/** Adds the update of each parameter by its gradient, and the step counter's. */
function addUpdates(
  graph: CaseGraph,
  states: States,
  optimizer: Optimizer,
  gradients: ReadonlyMap<Value, Value>,
): void {
  const step = states.add('optimizer/step', { dtype: 'i32', shape: [1] });
  const rate = graph.g.scalar(optimizer.learningRate as number);
  const guard = graph.g.scalar(0);
  for (const [parameter, gradient] of gradients) {
    const slots = optimizer.slots.map((slot) =>
      states.add(`optimizer/${parameter.name}/${slot}`, parameter),
    );
    const inputs = [parameter, gradient, rate, step, guard, ...slots];
    const updated = graph.g.apply(optimizer.op, inputs, optimizer.attrs);
    [parameter, ...slots].forEach((state, i) => {
      graph.g.update(state, updated[i]);
    });
  }
  graph.g.update(step, graph.op(incrementOp, [step]));
}

/** Programs on common variables, for as long as `body` takes. */
async function withStates<T>(
  { backend }: Golden,
  states: States,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const variables = backend.variables();
  const programs: Program[] = [];
  for (const [name, { type, values }] of states.values) {
    variables.create(name, type, Float32Array.from(values));
  }
  try {
    return await body({
      read: (name) => variables.get(name),
      compile: async (graph) => {
        const program = await backend.compile(graph, variables);
        programs.push(program);
        return program;
      },
    });
  } finally {
    for (const program of programs) program.dispose();
    variables.dispose();
  }
}

interface Session {
  read(name: string): Promise<TypedArray>;
  compile(graph: Graph): Promise<Program>;
}

/** Parameters `p_0` follow the rows of `p_grads`. */
const optimizerCase: Family = async (golden) => {
  const { attrs } = golden;
  const name = attrs.text('algorithm');
  const optimizer = optimizerOf(name, attrs) ?? golden.unsupported(`optimiser "${name}"`);
  const names = golden.golden.inputs.flatMap((tensor) => /^(.+)_0$/.exec(tensor.name)?.[1] ?? []);
  const graph = new CaseGraph(golden);
  const states = new States(graph);
  const gradients = new Map<Value, Value>();
  const rows: Record<string, ArrayLike<number>> = {};
  for (const parameter of names) {
    const shape = golden.shape(`${parameter}_0`);
    const start = await golden.numbers(`${parameter}_0`);
    const value = states.add(parameter, { dtype: 'f32', shape }, start);
    gradients.set(value, graph.made(`${parameter}_grad`, shape));
    rows[parameter] = await golden.numbers(`${parameter}_grads`);
  }
  addUpdates(graph, states, optimizer, gradients);
  return withStates(golden, states, async (session) => {
    const program = await session.compile(graph.g.build());
    const results: Record<string, number[]> = {};
    for (const parameter of names) results[`${parameter}_steps`] = [];
    for (let step = 0; step < attrs.number('steps'); step++) {
      const inputs = names.map((parameter) => {
        const size = sizeOf(golden.shape(`${parameter}_0`));
        const row = Array.from({ length: size }, (_, i) => rows[parameter][step * size + i]);
        return [`${parameter}_grad`, row];
      });
      await program.run(Object.fromEntries(inputs) as Inputs, { fetch: [] });
      for (const parameter of names) {
        for (const value of await session.read(parameter)) {
          results[`${parameter}_steps`].push(value);
        }
      }
    }
    return results;
  });
};

/** A small network trained for some steps, from given parameters on given batches. */
const cnnTraining: Family = async (golden) => {
  const { attrs } = golden;
  const layers = parseLayers(attrs.text('graph')) ?? golden.unsupported(attrs.text('graph'));
  const kind = attrs.text('optimizer');
  const optimizer = optimizerOf(kind, attrs) ?? golden.unsupported(`optimiser "${kind}"`);
  const [steps, ...imageShape] = golden.shape('x_steps');
  const names = golden.golden.inputs.map(({ name }) => name).filter((n) => !n.endsWith('_steps'));
  const normal = attrs.record('bn');

  const contextOf = (graph: CaseGraph, states: States, training: boolean): LayerContext => ({
    graph,
    training,
    epsilon: normal.number('eps'),
    momentum: 1 - normal.number('momentum_new_weight'),
    unbiased: !/^biased/.test(normal.text('running_var', 'unbiased')),
    parameters: new Map(
      names.map((name) => [name, states.add(name, { dtype: 'f32', shape: golden.shape(name) })]),
    ),
    running: new Map(
      batchNormsOf(layers).map((name) => {
        const type = { dtype: 'f32', shape: golden.shape(`${name}_gamma`) } as const;
        const ones = new Float32Array(sizeOf(type.shape)).fill(1);
        const mean = states.add(`${name}_running_mean`, type);
        return [name, [mean, states.add(`${name}_running_var`, type, ones)] as const];
      }),
    ),
  });

  const graph = new CaseGraph(golden);
  const states = new States(graph);
  const context = contextOf(graph, states, true);
  const logits = applyLayers(layers, graph.made('x', imageShape), context);
  const labels = graph.g.input('labels', {
    dtype: 'i32',
    shape: golden.shape('labels_steps').slice(1),
  });
  const each = graph.op(softmaxCrossEntropyOp, [logits, labels], { labelSmoothing: 0 });
  const loss = graph.mean(each);
  graph.g.output('logits', logits);
  graph.g.output('loss', loss);
  const wrt = [...context.parameters].map(([name, value]) => [`grad_${name}`, value] as const);
  graph.gradients(loss, graph.g.fill(1, loss), Object.fromEntries(wrt));
  const { outputs } = graph.g.build();
  const gradients = wrt.map(([name, value]) => [value, outputs.get(name) as Value] as const);
  addUpdates(graph, states, optimizer, new Map(gradients));
  for (const name of names) {
    const state = states.values.get(name);
    if (state) states.values.set(name, { ...state, values: await golden.numbers(name) });
  }

  const after = new CaseGraph(golden);
  const afterStates = new States(after);
  const evaluated = contextOf(after, afterStates, false);
  after.g.output('logits', applyLayers(layers, after.made('x', imageShape), evaluated));

  const images = await golden.numbers('x_steps');
  const classes = await golden.numbers('labels_steps');
  const batchOf = (numbers: typeof images, step: number) => {
    const size = numbers.length / steps;
    return numbers.subarray(step * size, (step + 1) * size);
  };
  const kept = [...names, ...[...context.running.values()].flat().map(({ name }) => name)];
  return withStates(golden, states, async (session) => {
    const program = await session.compile(graph.g.build());
    const results: Results = {};
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const inputs = { x: batchOf(images, step), labels: batchOf(classes, step) };
      const got = await program.run(inputs, step === 0 ? {} : { fetch: ['loss'] });
      losses.push(got.loss[0]);
      if (step > 0) continue;
      for (const [name, values] of Object.entries(got)) results[`step1_${name}`] = values;
      for (const name of kept) results[`step1_${name}`] = await session.read(name);
    }
    for (const name of kept) results[`final_${name}`] = await session.read(name);
    const evaluation = await session.compile(after.g.build());
    const first = await evaluation.run({ x: batchOf(images, 0) });
    return { ...results, loss_steps: losses, final_eval_logits: first.logits };
  });
};

export const trainingFamilies: Record<string, Family> = {
  optimizer: optimizerCase,
  cnn_training: cnnTraining,
};
