import { sizeOf } from '../../core/shape';
import type { Node } from '../../ir/graph';
import type { AdapterTraits } from '../../ir/op';
import { buildGraph } from '../../model/build';
import type { Model } from '../../model/model';
import { placeWeights } from '../../model/structure';
import { batchNormInferenceOp } from '../../ops/batch-norm-inference';
import { foldBatchNorm } from '../../passes/fold-batch-norm';

/** A layer's place in the model's costs. */
export interface LayerReport {
  readonly name: string;
  readonly type: string;
  /** Of the output, without the batch. */
  readonly shape: readonly number[];
  readonly parameters: number;
  /** Floating-point operations of one example, at inference, by the formulas of its ops. */
  readonly flops: number;
  /** Of a batch norm: whether it folds into the layer before it. */
  readonly folds?: boolean;
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

/** The layers of a model in their order. */
export function reportLayers(model: Model): LayerReport[] {
  const { graph, layerOf } = buildGraph(model, { batch: 1 });
  const flops = new Map<string, number>();
  for (const node of graph.nodes) {
    const layer = layerOf.get(node.id);
    if (layer) flops.set(layer, (flops.get(layer) ?? 0) + flopsOf(node));
  }
  const norms = (nodes: readonly Node[]) =>
    new Set(nodes.filter(({ op }) => op === batchNormInferenceOp).map(({ name }) => name));
  const staying = norms(foldBatchNorm(graph).nodes);
  return model.places.map((place) => ({
    name: place.name,
    type: place.layer.type,
    shape: place.outputs[0].shape,
    parameters: Object.values(placeWeights(place)).reduce(
      (sum, { shape, dtype = 'f32' }) => sum + (dtype === 'f32' ? sizeOf(shape) : 0),
      0,
    ),
    flops: flops.get(place.name) ?? 0,
    ...(place.layer.type === 'batchNorm' && { folds: !staying.has(place.name) }),
  }));
}

function flopsOf({ op, inputs, outputs, attrs }: Node): number {
  const [lowering] = op.lower?.({ inputs, outputs, attrs, adapter: ADAPTER }) ?? [];
  return lowering?.dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0) ?? 0;
}
