// Every pipeline that the case tables lead to: all lowerings of every op in every forward and
// backward graph, for several adapters, and with every mix of f32 and f16 that the ops allow.

import type { Graph, TensorType } from '../../src/ir/graph';
import type { AdapterTraits, Binding, Dispatch, Lowering, OpSignature } from '../../src/ir/op';
import type { PipelineSpec } from '../../src/plan/types';
import { graphsOf } from '../../src/self-test/case-graph';
import { cases } from '../../src/self-test/cases';
import type { OpCase } from '../../src/self-test/cases/types';
import { withHalves } from '../../src/self-test/halves';
import { planTraits } from './plan-options';

/** One dispatch that uses a pipeline. */
export interface VariantUse {
  /** The case and op, for messages. */
  readonly where: string;
  readonly words: number;
  readonly tensors: readonly TensorType[];
}

export interface Variant {
  readonly spec: PipelineSpec;
  readonly uses: readonly VariantUse[];
}

const adapters: AdapterTraits[] = [true, false].flatMap((software) =>
  [true, false].map((subgroups) => ({ ...planTraits, f16: true, software, subgroups })),
);

/** The variants, and what cases could not be built or lowered. */
export function collectVariants(): { variants: Variant[]; failures: string[] } {
  const variants = new Map<string, { spec: PipelineSpec; uses: VariantUse[] }>();
  const failures: string[] = [];
  const collect = (opCase: OpCase, what: string) => {
    for (const graph of graphsOf(opCase)) {
      for (const { where, signature, lowering } of loweringsOf(graph)) {
        for (const dispatch of lowering.dispatches) {
          const spec = specOf(dispatch);
          let variant = variants.get(spec.key);
          if (!variant) {
            variant = { spec, uses: [] };
            variants.set(spec.key, variant);
          }
          variant.uses.push({
            where: `${what}: ${where}`,
            words: dispatch.params?.length ?? 0,
            tensors: dispatch.bindings.map((binding) => tensorOf(binding, signature, lowering)),
          });
        }
      }
    }
  };
  for (const opCase of cases.flatMap(withHalves)) {
    const types = opCase.inputs.map(({ dtype = 'f32' }) => dtype);
    const what = `${opCase.op} "${opCase.name}" (${types})`;
    try {
      collect(opCase, what);
    } catch (error) {
      failures.push(`${what}: ${error}`);
    }
  }
  return { variants: [...variants.values()], failures };
}

function* loweringsOf(
  graph: Graph,
): Generator<{ where: string; signature: OpSignature; lowering: Lowering }> {
  for (const node of graph.nodes) {
    const { lower } = node.op;
    if (!lower) continue;
    for (const adapter of adapters) {
      for (const lowering of lower({ ...node, adapter })) {
        yield { where: `${node.op.name} by ${lowering.name}`, signature: node, lowering };
      }
    }
  }
}

function specOf(dispatch: Dispatch): PipelineSpec {
  const { kernel, entry = 'main', elem = 'f32', width = 1 } = dispatch;
  const { constants = {}, params, bindings } = dispatch;
  const access = bindings.map((binding) => {
    if (binding.kind === 'temp') return binding.access;
    return binding.kind === 'input' || binding.kind === 'outputRead' ? 'read' : 'write';
  });
  const parts = { kernel, entry, elem, width, constants, hasParams: !!params?.length, access };
  return { ...parts, key: JSON.stringify({ ...parts, kernel: kernel.name }) };
}

function tensorOf(binding: Binding, { inputs, outputs }: OpSignature, { temps = [] }: Lowering) {
  if (binding.kind === 'input') return inputs[binding.index];
  return binding.kind === 'temp' ? temps[binding.index] : outputs[binding.index];
}
