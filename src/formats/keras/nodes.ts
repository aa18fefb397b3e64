import { FormatError } from '../../core/errors';
import { Fields, shown } from './fields';

/** A tensor of a functional model: the output `tensor` of the `node`th application of `layer`. */
export interface TensorRef {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** One application of a layer. */
export interface CallNode {
  readonly inputs: readonly TensorRef[];
  /** It was called with `training=False`: it infers, in training too. */
  readonly inference: boolean;
}

const MOST_INPUTS = 4096;
const REMEDY = 'Layers take tensors only: put constants into a layer such as Rescaling.';

/** The applications of a layer: `inbound_nodes` as Keras 2, tfjs and Keras 3 write it. */
export function readNodes(value: unknown, where: string): CallNode[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw new FormatError({ where, rule: 'inbound_nodes is a list', found: shown(value) });
  }
  return value.map((node: unknown, i) => {
    const place = `${where}, inbound_nodes[${i}]`;
    return Array.isArray(node)
      ? readKeras2(node, place)
      : readKeras3(new Fields(node, place), place);
  });
}

/** [[layer, node, tensor, keyword arguments], …] */
function readKeras2(node: readonly unknown[], where: string): CallNode {
  const entries = (typeof node[0] === 'string' ? [node] : node) as readonly unknown[];
  let inference = false;
  const inputs = entries.map((entry) => {
    if (Array.isArray(entry) && entry.length === 4) {
      inference ||= readKeywords(new Fields(entry[3] ?? {}, where), where);
      return tensorRef(entry.slice(0, 3), where);
    }
    return tensorRef(entry, where);
  });
  return checked(inputs, inference, where);
}

/** { args: tensors in lists, kwargs } */
function readKeras3(node: Fields, where: string): CallNode {
  const inputs: TensorRef[] = [];
  const visit = (value: unknown) => {
    if (value === null) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    const tensor = new Fields(value, `${where}, args`);
    if (tensor.raw('class_name') !== '__keras_tensor__') {
      const found = tensor.has('class_name') ? shown(tensor.raw('class_name')) : 'an object';
      throw new FormatError({ where, rule: 'its arguments are tensors', found, remedy: REMEDY });
    }
    inputs.push(tensorRef(tensor.object('config').raw('keras_history'), where));
  };
  for (const value of node.list('args')) visit(value);
  const inference = node.has('kwargs') && readKeywords(node.object('kwargs'), where);
  return checked(inputs, inference, where);
}

function checked(inputs: readonly TensorRef[], inference: boolean, where: string): CallNode {
  if (inputs.length && inputs.length <= MOST_INPUTS) return { inputs, inference };
  const found = String(inputs.length);
  throw new FormatError({ where, rule: `it reads 1 to ${MOST_INPUTS} tensors`, found });
}

/** Keyword arguments of a call: those that change nothing, and whether it infers. */
function readKeywords(keywords: Fields, where: string): boolean {
  for (const key of keywords.keys()) {
    const value = keywords.raw(key);
    if (value === undefined || (key === 'training' && value === false)) continue;
    throw new FormatError({
      where,
      rule: 'it is called with tensors, and training false if anything else',
      found: `${shown(key)} ${shown(value)}`,
      remedy: REMEDY,
    });
  }
  return keywords.raw('training') === false;
}

export function tensorRef(value: unknown, where: string): TensorRef {
  if (Array.isArray(value) && value.length === 3) {
    const [layer, node, tensor] = value;
    const indices = [node, tensor].every((n) => Number.isSafeInteger(n) && n >= 0);
    if (typeof layer === 'string' && indices) return { layer, node, tensor };
  }
  throw new FormatError({
    where,
    rule: 'a tensor is given as [layer, node, tensor], a name and two indices',
    found: shown(value),
    remedy: REMEDY,
  });
}

/** `input_layers` or `output_layers`: one tensor, a list of them, or tensors by name. */
export function tensorRefs(value: unknown, where: string): TensorRef[] {
  if (Array.isArray(value)) {
    const single = typeof value[0] === 'string';
    return (single ? [value] : value).map((item) => tensorRef(item, where));
  }
  return Object.values((value ?? {}) as object).map((item) => tensorRef(item, where));
}
