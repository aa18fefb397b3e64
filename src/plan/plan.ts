import type { Graph } from '../ir/graph';
import type { AdapterTraits } from '../ir/op';
import { allocate, largestLiveSet } from './allocate';
import { type Draft, type DraftOptions, draft, type Storage, type Work, wholeOf } from './draft';
import { checkLimits } from './limits';
import { ParamPacker } from './params';
import type {
  PipelineSpec,
  Plan,
  PlanBinding,
  PlanBuffer,
  PlanLimits,
  PlanRange,
  PlanStep,
} from './types';

export interface PlanOptions extends DraftOptions {
  readonly limits: PlanLimits;
  /** Rearranges dispatches before memory is assigned, such as `coalesce`. */
  readonly arrange?: (work: Work, adapter: AdapterTraits) => Work;
}

/** Graph → list of dispatches with memory assigned. Throws a `LimitError` for what does not fit. */
export function plan(graph: Graph, options: PlanOptions): Plan {
  const { limits } = options;
  const work = draft(graph, options);
  const { drafts, storages } = options.arrange?.(work, options.adapter) ?? work;
  markLifetimes(drafts);
  checkLimits(drafts, storages, limits);
  const allocation = allocate(storages, drafts, limits);

  const buffers: PlanBuffer[] = allocation.buffers.map((bytes, i) => ({
    role: 'scratch',
    name: `scratch${i}`,
    bytes,
  }));
  const rangeOf = new Map<Storage, PlanRange>();
  for (const storage of storages) {
    if (storage.inside) continue;
    const { role, name, type, bytes, data } = storage;
    if (role === 'scratch') {
      const place = allocation.places.get(storage);
      if (place) rangeOf.set(storage, { ...place, bytes });
    } else {
      rangeOf.set(storage, { buffer: buffers.length, offset: 0, bytes });
      buffers.push({ role, name, bytes, type, data });
    }
  }
  for (const storage of storages) {
    const { inside, bytes } = storage;
    const whole = inside && rangeOf.get(inside.whole);
    if (whole) rangeOf.set(storage, { ...whole, offset: whole.offset + inside.offset, bytes });
  }

  const pipelines = new PipelineTable();
  const params = new ParamPacker(limits.minUniformBufferOffsetAlignment);
  const steps = drafts.map((step) => materialise(step, rangeOf, pipelines, params));
  const outputBytes = sum(buffers.filter(({ role }) => role === 'output').map((b) => b.bytes));
  return {
    buffers,
    pipelines: pipelines.specs,
    params: params.finish(),
    steps,
    peakBytes: allocation.bytes + outputBytes,
    lowerBoundBytes:
      largestLiveSet(storages, drafts.length, limits.minStorageBufferOffsetAlignment) + outputBytes,
  };
}

/** The first and last step that touch each memory. */
function markLifetimes(drafts: readonly Draft[]): void {
  drafts.forEach(({ operands }, step) => {
    for (const storage of operands.map(({ storage }) => wholeOf(storage))) {
      if (storage.first < 0) storage.first = step;
      storage.last = step;
    }
  });
}

class PipelineTable {
  readonly specs: PipelineSpec[] = [];
  readonly #index = new Map<string, number>();

  add(parts: Omit<PipelineSpec, 'key'>): number {
    const constants = Object.entries(parts.constants).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify({ ...parts, kernel: parts.kernel.name, constants });
    let index = this.#index.get(key);
    if (index === undefined) {
      index = this.specs.push({ ...parts, key }) - 1;
      this.#index.set(key, index);
    }
    return index;
  }
}

function materialise(
  step: Draft,
  rangeOf: ReadonlyMap<Storage, PlanRange>,
  pipelines: PipelineTable,
  params: ParamPacker,
): PlanStep {
  const { node, op, work, operands, outputs } = step;
  const bindings = operands.map(
    ({ storage, access }): PlanBinding => ({ ...(rangeOf.get(storage) as PlanRange), access }),
  );
  if (!work) return { kind: 'copy', node, op, from: bindings[0], to: bindings[1] };
  const { lowering, index } = work;
  const dispatch = lowering.dispatches[index];
  return {
    kind: 'dispatch',
    node,
    op,
    lowering: lowering.name,
    pipeline: pipelines.add({
      kernel: dispatch.kernel,
      entry: dispatch.entry ?? 'main',
      elem: dispatch.elem ?? 'f32',
      width: dispatch.width ?? 1,
      constants: dispatch.constants ?? {},
      hasParams: !!dispatch.params?.length,
      access: operands.map(({ access }) => access),
    }),
    bindings,
    params: dispatch.params?.length ? params.add(dispatch.params) : undefined,
    workgroups: dispatch.workgroups,
    flops: dispatch.flops,
    bytes: sum([...new Set(operands.map(({ storage }) => storage))].map(({ bytes }) => bytes)),
    outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape })),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
