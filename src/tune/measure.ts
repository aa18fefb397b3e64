// The candidates of one op against each other on the device.
import type { TypedArray } from '../core/dtype';
import type { GpuVariables } from '../gpu/variables';
import type { Node } from '../ir/graph';
import type { Lowering } from '../ir/op';
import { digestOf, keyOf } from './candidates';
import type { Clock } from './clock';
import { Contender, destroyAll, graphOf, unlessUnfit, uploadInputs } from './contender';
import type { TuningChoice } from './record';
import { choose, isHopeless, median, ROUNDS, type Round } from './rule';

/** Beyond so many times the default's first run a candidate is not timed. */
const FAR_SLOWER = 4;
/** Largest difference from the default's outputs, relative to the largest number: half of the bits. */
const TOLERANCE = { f32: 2 ** -12, f16: 2 ** -6 };

/**
 * The lowering that is clearly the fastest of those that agree with the default one. Undefined where
 * the default one by itself does not run here.
 */
export async function measure(
  node: Node,
  lowerings: readonly Lowering[],
  variables: GpuVariables,
  clock: Clock,
): Promise<TuningChoice | undefined> {
  const graph = graphOf(node);
  const inputs = await unlessUnfit(uploadInputs(variables.device, graph));
  if (!inputs) return undefined;
  const contenders: Contender[] = [];
  const enter = async (lowering: Lowering) => {
    const made = await unlessUnfit(Contender.create(graph, lowering, variables, inputs));
    if (made) contenders.push(made);
    return made;
  };
  try {
    const first = await enter(lowerings[0]);
    const want = first && (await unlessUnfit(first.run()));
    if (!want) return undefined;
    const half = node.outputs.concat(node.inputs).some(({ dtype }) => dtype === 'f16');
    const tolerance = half ? TOLERANCE.f16 : TOLERANCE.f32;
    for (const lowering of lowerings.slice(1)) {
      const other = await enter(lowering);
      const got = other && (await unlessUnfit(other.run()));
      const agrees = got?.outputs.every((output, i) => isNear(output, want.outputs[i], tolerance));
      const isSlow = (ms: number) => ms > FAR_SLOWER * want.ms;
      // Twice: anything may have held it up once.
      if (agrees && got && !(isSlow(got.ms) && isSlow((await other.run()).ms))) continue;
      if (other) contenders.pop()?.dispose();
    }
    const rounds = await race(contenders, clock);
    return {
      op: keyOf(node),
      candidates: digestOf(lowerings),
      lowering: contenders[choose(rounds)].name,
      ms: Object.fromEntries(contenders.map(({ name }, i) => [name, timeOf(rounds, i)])),
    };
  } finally {
    for (const contender of contenders) contender.dispose();
    destroyAll(inputs);
  }
}

/** Times of all, in turns: what slows the machine down for a while slows all of them. */
async function race(contenders: readonly Contender[], clock: Clock): Promise<Round[]> {
  const rounds: Round[] = [];
  // The same number for all: each run and each submit has costs of its own.
  const runs = await contenders[0].calibrate(clock);
  if (contenders.length === 1) return [[await contenders[0].sample(clock, runs)]];
  for (let round = 0; round < ROUNDS; round++) {
    const times: (number | undefined)[] = [];
    const order = [...contenders.keys()];
    // Whoever comes first after a pause may meet a clock that has slowed down.
    if (round % 2) order.reverse();
    for (const i of order) {
      if (!isHopeless(rounds, i)) times[i] = await contenders[i].sample(clock, runs);
    }
    rounds.push(contenders.map((_, i) => times[i]));
  }
  return rounds;
}

/** Four digits of the median. */
function timeOf(rounds: readonly Round[], candidate: number): number {
  const times = rounds.flatMap((round) => round[candidate] ?? []);
  return Number(median(times).toPrecision(4));
}

/** Whether two outputs are the same number by number, within `tolerance` of the largest finite one. */
export function isNear(got: TypedArray, want: TypedArray, tolerance: number): boolean {
  let largest = 0;
  for (const value of want) {
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  }
  const atMost = want instanceof Int32Array ? 0 : tolerance * largest;
  for (let i = 0; i < want.length; i++) {
    if (!Object.is(want[i], got[i]) && !(Math.abs(want[i] - got[i]) <= atMost)) return false;
  }
  return true;
}
