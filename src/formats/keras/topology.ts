import { BatchNormError, FormatError, LimitError } from '../../core/errors';
import type { SymbolicTensor } from '../../model/layer';
import { input, type Model, model } from '../../model/model';
import { Complaints } from '../complaints';
import { CONTAINERS, checkConfig, classOf } from './allowed';
import type { Applicable, Container, InputShapes, LayerReader } from './applicable';
import { CLASSES } from './classes';
import { type Dialect, type Read, toFirst, toLast } from './classes/common';
import { readFunctional, readSequential, wholeShape } from './containers';
import { Fields } from './fields';

const MOST_LAYERS = 4096;
const MOST_CALLS = 16384;
const DEEPEST = 16;

export interface Topology {
  readonly model: Model;
  readonly layers: readonly Applicable[];
}

export interface TopologyOptions {
  readonly dialect: Dialect;
  /** The file as errors name it. */
  readonly where: string;
  readonly inputShapes: InputShapes;
}

/** The model that a file's topology describes: `{ class_name, config }`. */
export function readTopology(topology: unknown, options: TopologyOptions): Topology {
  const { where } = options;
  const object = new Fields(topology, where);
  const className = classOf(object);
  if (!CONTAINERS.has(className)) {
    const rule = `a model’s class is one of ${[...CONTAINERS].join(', ')}`;
    throw new FormatError({ where, rule, found: className });
  }
  const reader = new ModelReader(options);
  const { complaints } = reader;
  const container = complaints.all(() => reader.container(object, className, []));
  return located(where, () => {
    const inputs = container.inputs.map((port) =>
      input(wholeShape(port, options.inputShapes, where), port.name ? { name: port.name } : {}),
    );
    const outputs = complaints.all(() => container.apply(inputs, false));
    const config = object.raw('config');
    const name = Array.isArray(config)
      ? 'sequential'
      : object.object('config').text('name', 'model');
    const several = outputs.length > 1 && new Set(container.outputNames).size === outputs.length;
    const built = model(inputs, outputs, {
      name,
      ...(several && { outputNames: container.outputNames }),
    });
    return { model: built, layers: container.layers };
  });
}

/** Reads layers, and counts what a file may ask for. */
class ModelReader implements LayerReader {
  readonly dialect: Dialect;
  readonly complaints = new Complaints();
  /** What layers at fault would have made. */
  readonly #lost = new WeakSet<SymbolicTensor>();
  #layers = 0;
  #calls = 0;
  /** Channels-first tensors as they are channels-last, where that is known. */
  readonly #last = new Map<SymbolicTensor, SymbolicTensor>();
  readonly #where: string;

  constructor({ dialect, where }: TopologyOptions) {
    this.dialect = dialect;
    this.#where = where;
  }

  container(object: Fields, className: string, path: readonly string[]): Container {
    if (path.length > DEEPEST) {
      throw new LimitError({
        where: object.where,
        rule: `models are nested at most ${DEEPEST} deep`,
      });
    }
    return className === 'Sequential'
      ? readSequential(this, object, path)
      : readFunctional(this, object, path);
  }

  layer(object: Fields, around: readonly string[]): Applicable {
    this.#layers++;
    this.#limit('layers', this.#layers, MOST_LAYERS);
    const layer = this.complaints.attempt(() => this.#layer(object, around));
    // Nobody applies it: the file is refused once all its layers have been seen.
    return layer ?? { name: '', className: '', path: around, apply: (inputs) => [...inputs] };
  }

  #layer(object: Fields, around: readonly string[]): Applicable {
    const className = classOf(object);
    const given = object.raw('config');
    const name = Array.isArray(given)
      ? object.text('name', 'sequential')
      : object.object('config').text('name', object.text('name', className.toLowerCase()));
    const where = `${this.#where}, ${className} ${JSON.stringify(name).slice(0, 120)}`;
    const path = [...around, name];
    if (CONTAINERS.has(className)) {
      const named = new Fields({ class_name: className, config: given }, where);
      const container = this.container(named, className, path);
      return { name, className, path, container, apply: container.apply };
    }
    checkConfig(given, (value) => new Fields(value, where));
    if (className === 'TimeDistributed') return this.#timeDistributed(object, path, where);
    return this.#single(className, new Fields(given, where), path);
  }

  #single(className: string, config: Fields, path: readonly string[]): Applicable {
    const { dialect } = this;
    const trainable = config.flag('trainable', true);
    const name = path.join('/');
    const layer: Applicable & { read?: Read } = {
      name: path[path.length - 1],
      className,
      path,
      apply: (inputs, inference) => {
        this.#calls++;
        this.#limit('applications of layers', this.#calls, MOST_CALLS);
        if (inputs.some((tensor) => this.#lost.has(tensor))) return [this.#lose()];
        const work = () => {
          const kind = CLASSES.get(className);
          if (!kind) throw new FormatError({ where: config.where, rule: 'it starts a model' });
          const shapes = inputs.map(({ shape }) => shape);
          layer.read ??= kind.read({ config, name, trainable, dialect, shapes });
          return [this.#apply(layer.read, inputs, inference)];
        };
        const outputs = this.complaints.attempt(() => located(config.where, work));
        return outputs ?? [this.#lose()];
      },
    };
    return layer;
  }

  /** Stands for a tensor that no layer makes. */
  #lose(): SymbolicTensor {
    const tensor = input([1]);
    this.#lost.add(tensor);
    return tensor;
  }

  /** Along time Dense, and what works number by number, is the same layer without it. */
  #timeDistributed(object: Fields, path: readonly string[], where: string): Applicable {
    const inner = new Fields(object.object('config').raw('layer'), `${where}, layer`);
    const className = classOf(inner);
    const config = new Fields(inner.raw('config'), where);
    const wrapped = this.#single(className, config, path);
    return {
      name: wrapped.name,
      className: 'TimeDistributed',
      path,
      get read() {
        return wrapped.read;
      },
      apply(inputs, inference) {
        const outputs = wrapped.apply(inputs, inference);
        if (className === 'Dense' || wrapped.read?.layout === 'any') return outputs;
        const remedy = 'Only Dense and layers that work number by number are.';
        throw new FormatError({ where, rule: 'its layer is supported', found: className, remedy });
      },
    };
  }

  #apply(read: Read, inputs: readonly SymbolicTensor[], inference: boolean): SymbolicTensor {
    const apply = (inference && read.inference) || read.apply;
    const image = (tensor: SymbolicTensor) => tensor.shape.length > 1;
    const first =
      read.layout === 'first'
        ? inputs.every(image)
        : read.layout === 'any' && inputs.every((tensor) => this.#last.has(tensor));
    if (!first) return apply(inputs);
    const output = apply(inputs.map((tensor) => this.#last.get(tensor) ?? toLast(tensor)));
    if (!image(output)) return output;
    const back = toFirst(output);
    this.#last.set(back, output);
    return back;
  }

  #limit(what: string, count: number, most: number): void {
    if (count <= most) return;
    const rule = `a model from a file has at most ${most} ${what}`;
    throw new LimitError({ where: this.#where, rule, found: `${count} and more` });
  }
}

/** What goes wrong in `work` is said to be at `where`. */
function located<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof BatchNormError) || cause.where.startsWith(where)) throw cause;
    const { rule, found, remedy } = cause;
    const Kind = cause.constructor as typeof BatchNormError;
    throw new Kind({ where: `${where}, ${cause.where}`, rule, found, remedy }, { cause });
  }
}
