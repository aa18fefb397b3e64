import { sizeOf } from '../core/shape';
import type { Graph, Node, Value } from '../ir/graph';
import type { AdapterTraits } from '../ir/op';
import { buildGraph } from '../model/build';
import type { SymbolicTensor } from '../model/layer';
import type { Model } from '../model/model';
import { placeWeights } from '../model/structure';
import { type Folding, findFoldings } from '../passes/fold-batch-norm';
import { producersOf } from '../passes/uses';

/** What a layer of a model is and costs at inference. */
export interface LayerReport {
  readonly name: string;
  readonly type: string;
  /** Of the output, without the batch. */
  readonly shape: readonly number[];
  /** Layers and inputs of the model that it reads, by name; of a layer applied twice, the first time. */
  readonly reads: readonly string[];
  /** Numbers that it has, running statistics among them. */
  readonly parameters: number;
  /** Floating-point operations of one example, by the formulas of its ops. */
  readonly flops: number;
  /** Of a batch norm: whether it folds into the layer before it. */
  readonly fold?: FoldReport;
}

/** What becomes of a batch norm at inference. */
export interface FoldReport {
  /** Whether its scale and shift become part of another layer's weights. */
  readonly folds: boolean;
  /** That layer, by name. */
  readonly into?: string;
  /** Why, or why not: a sentence. */
  readonly reason: string;
}

/** Any adapter does: what a formula needs does not depend on it. */
const ADAPTER: AdapterTraits = {
  f16: false,
  subgroups: false,
  software: false,
  maxWorkgroupsPerDimension: 65_535,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupStorageBytes: 16_384,
};

/** The layers of a model in their order: shapes, parameters, operations, and which batch norms fold. */
export function reportLayers(model: Model): LayerReport[] {
  const { graph, layerOf } = buildGraph(model, { batch: 1 });
  const flops = new Map<string, number>();
  for (const node of graph.nodes) {
    const layer = layerOf.get(node.id);
    if (layer) flops.set(layer, (flops.get(layer) ?? 0) + flopsOf(node));
  }
  const folds = foldReports(model, graph, layerOf);
  const names = new Map<SymbolicTensor, string>([
    ...model.inputs.map(({ name, tensor }) => [tensor, name] as const),
    ...model.places.flatMap(({ name, outputs }) =>
      outputs.map((tensor) => [tensor, name] as const),
    ),
  ]);
  return model.places.map((place) => {
    const fold = folds.get(place.name);
    return {
      name: place.name,
      type: place.layer.type,
      shape: place.outputs[0].shape,
      reads: place.outputs[0].call?.inputs.map((tensor) => names.get(tensor) as string) ?? [],
      parameters: Object.values(placeWeights(place)).reduce(
        (sum, { shape, dtype = 'f32' }) => sum + (dtype === 'f32' ? sizeOf(shape) : 0),
        0,
      ),
      flops: flops.get(place.name) ?? 0,
      ...(fold && { fold }),
    };
  });
}

function flopsOf({ op, inputs, outputs, attrs }: Node): number {
  const [lowering] = op.lower?.({ inputs, outputs, attrs, adapter: ADAPTER }) ?? [];
  return lowering?.dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0) ?? 0;
}

/** By the batch norm's name. One that is applied several times folds where it folds each time. */
function foldReports(
  model: Model,
  graph: Graph,
  layerOf: ReadonlyMap<number, string>,
): Map<string, FoldReport> {
  const producers = producersOf(graph);
  const types = new Map(model.places.map(({ name, layer }) => [name, layer.type]));
  const layerName = ({ id }: Node) => layerOf.get(id) as string;
  /** `conv2d "stem"`, or `the relu of conv2d "stem"`. */
  const titled = (node: Node) => {
    const name = layerName(node);
    const title = `${types.get(name)} "${name}"`;
    return node.name === name ? title : `the ${node.op.name} of ${title}`;
  };
  const readers = (norm: Node, value: Value) => [
    ...graph.nodes.filter((node) => node !== norm && node.inputs.includes(value)).map(titled),
    ...[...graph.outputs.values()].filter((output) => output === value).map(() => 'the caller'),
  ];
  const reasonOf = (norm: Node, { into, obstacle }: Folding): string => {
    const [x] = norm.inputs;
    if (into) return `It is all that reads ${titled(into)}, which is right before it.`;
    const before = producers.get(x);
    if (!before) return 'There is no layer before it.';
    switch (obstacle) {
      case 'shared': {
        const others = readers(norm, x).join(' and ');
        return `The output of ${titled(before)} is also read by ${others}, as it is without the norm.`;
      }
      case 'half':
        return `The output of ${titled(before)} is stored as f16: its weights would be rounded twice.`;
      default:
        return `What is right before it is ${titled(before)}, no convolution or dense layer.`;
    }
  };
  const reports = new Map<string, FoldReport>();
  for (const [norm, folding] of findFoldings(graph)) {
    const name = layerName(norm);
    if (reports.get(name)?.folds === false) continue;
    const reason = reasonOf(norm, folding);
    const { into } = folding;
    reports.set(
      name,
      into ? { folds: true, into: layerName(into), reason } : { folds: false, reason },
    );
  }
  return reports;
}
