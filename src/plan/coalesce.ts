import type { TensorType } from '../ir/graph';
import { type AdapterTraits, type Dispatch, type Elementwise, gridOf, type Param } from '../ir/op';
import { type Draft, type Operand, type Storage, type Work, wholeOf } from './draft';

/** A dispatch that works element by element on states that share memory with others. */
interface Candidate {
  readonly step: Draft;
  readonly dispatch: Dispatch & { readonly elementwise: Elementwise };
  /** Operands that have an element for each of the dispatch's. */
  readonly own: readonly Operand[];
  /** Those of them that are states, in the order of the operands. */
  readonly states: readonly Storage[];
}

/** Numbers a binding's range is rounded up to, so that any kernel width divides it. */
const WIDTH = 4;

/**
 * Makes one dispatch of several that do the same to states which follow one another in memory, such
 * as the updates of all parameters. Their other tensors (the gradients) become parts of one tensor.
 */
export function coalesce({ drafts, storages }: Work, adapter: AdapterTraits): Work {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of drafts.flatMap((step) => candidateOf(step) ?? [])) {
    const key = keyOf(candidate, storages);
    groups.set(key, [...(groups.get(key) ?? []), candidate]);
  }
  const joined: Storage[] = [];
  const replaced = new Map<Draft, Draft[]>();
  for (const run of [...groups.values()].flatMap(runsOf)) {
    const end = Math.max(...run.map(({ step }) => drafts.indexOf(step)));
    if (!run.every((one) => canWait(one, end, drafts))) continue;
    const parts = joinParts(run, drafts);
    if (!parts) continue;
    joined.push(...parts.map(({ storage }) => storage));
    for (const { step } of run) replaced.set(step, []);
    replaced.set(drafts[end], [merged(run, parts, adapter)]);
  }
  return {
    drafts: drafts.flatMap((step) => replaced.get(step) ?? [step]),
    storages: [...storages, ...joined],
  };
}

function candidateOf(step: Draft): Candidate | undefined {
  const dispatch = step.work?.lowering.dispatches[step.work.index];
  if (!dispatch?.elementwise) return undefined;
  const own = step.operands.filter((_, i) => !dispatch.elementwise?.shared.includes(i));
  const states = own.flatMap(({ storage }) => (storage.role === 'state' ? [storage] : []));
  const others = own.filter(({ storage }) => storage.role !== 'state');
  const fits =
    states.length > 0 &&
    states.every(({ inside }) => inside) &&
    others.every(({ storage: { role } }) => role === 'scratch') &&
    own.every(({ storage: { type } }) => type.dtype === states[0].type.dtype);
  return fits
    ? { step, dispatch: { ...dispatch, elementwise: dispatch.elementwise }, own, states }
    : undefined;
}

/** Equal for dispatches that differ in their own tensors and their number of elements only. */
function keyOf({ step, dispatch, own }: Candidate, storages: readonly Storage[]): string {
  const { kernel, entry, elem, constants, params = [], elementwise } = dispatch;
  const operands = step.operands.map(({ storage, access }, i) => {
    const fixed = elementwise.shared.includes(i) || storage.role === 'state';
    return [access, fixed ? storages.indexOf(wholeOf(storage)) : storage.type.dtype];
  });
  return JSON.stringify([kernel, entry, elem, constants, params.slice(1), operands, own.length]);
}

/** Two or more whose states follow one another, in all the memories that they are in. */
function runsOf(group: readonly Candidate[]): Candidate[][] {
  const sorted = [...group].sort((a, b) => offsetOf(a.states[0]) - offsetOf(b.states[0]));
  const runs: Candidate[][] = [];
  for (const candidate of sorted) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const follows = before?.states.every(
      (state, i) => offsetOf(candidate.states[i]) === offsetOf(state) + slotOf(state),
    );
    if (run && follows) run.push(candidate);
    else runs.push([candidate]);
  }
  return runs.filter(({ length }) => length > 1);
}

/** Whether nothing from the candidate to step `end` touches what it reads and changes. */
function canWait({ step, own }: Candidate, end: number, drafts: readonly Draft[]): boolean {
  const storages = new Set(own.map(({ storage }) => storage));
  return drafts
    .slice(drafts.indexOf(step) + 1, end)
    .every(({ operands }) => operands.every(({ storage }) => !storages.has(storage)));
}

/** For each own operand the memory of all of a run; none where their tensors can't be joined. */
function joinParts(run: readonly Candidate[], drafts: readonly Draft[]): Operand[] | undefined {
  const tensors = run.flatMap((one) => one.own.map(({ storage }) => storage));
  const scratch = tensors.filter(({ role }) => role === 'scratch');
  // A tensor twice, or one that another run has joined.
  if (new Set(scratch).size < scratch.length || scratch.some(({ inside }) => inside)) return;
  const [{ own, states }] = run;
  const begin = offsetOf(states[0]);
  const end = run[run.length - 1].states[0];
  const bytes = offsetOf(end) + slotOf(end) - begin;
  const parts = own.map(({ storage, access }, i): Operand => {
    const { role, inside } = storage;
    const type = { ...storage.type, shape: [(bytes * numbersOf(storage)) / storage.bytes] };
    const name = `${storage.name} +${run.length - 1}`;
    const whole: Storage = { role, name, type, bytes, inside, first: -1, last: -1 };
    if (role === 'state') return { access, storage: whole };
    for (const one of run) {
      const [state] = one.states;
      one.own[i].storage.inside = { whole, offset: offsetOf(state) - begin, slot: slotOf(state) };
    }
    return { access, storage: whole };
  });
  if (!drafts.some(isTorn)) return parts;
  for (const storage of scratch) storage.inside = undefined;
  return undefined;
}

/** Reads and writes one memory, which WebGPU forbids. */
function isTorn({ operands }: Draft): boolean {
  const read = new Set(
    operands.flatMap(({ storage, access }) => (access === 'read' ? [wholeOf(storage)] : [])),
  );
  return operands.some(({ storage, access }) => access === 'write' && read.has(wholeOf(storage)));
}

function merged(
  run: readonly Candidate[],
  parts: readonly Operand[],
  adapter: AdapterTraits,
): Draft {
  const [{ step, dispatch }] = run;
  const count = numbersOf(parts[0].storage) / WIDTH;
  const params: Param[] = [{ type: 'u32', value: count }, ...(dispatch.params ?? []).slice(1)];
  const whole: Dispatch = {
    ...dispatch,
    width: WIDTH,
    params,
    workgroups: gridOf(Math.ceil(count / dispatch.elementwise.perWorkgroup), adapter),
    flops: run.reduce((sum, one) => sum + one.dispatch.flops, 0),
  };
  const left = [...parts];
  return {
    ...step,
    node: `${step.node} +${run.length - 1}`,
    work: { lowering: { name: `${run.length} in one`, dispatches: [whole] }, index: 0 },
    operands: step.operands.map((operand, i) =>
      dispatch.elementwise.shared.includes(i) ? operand : (left.shift() as Operand),
    ),
    outputs: step.outputs.map(({ dtype }): TensorType => ({ dtype, shape: [count * WIDTH] })),
  };
}

function numbersOf({ type }: Storage): number {
  return type.shape.reduce((size, extent) => size * extent, 1);
}

function offsetOf({ inside }: Storage): number {
  return inside?.offset ?? 0;
}

function slotOf({ inside, bytes }: Storage): number {
  return inside?.slot ?? bytes;
}
