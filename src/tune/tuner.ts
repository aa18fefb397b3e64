import { knownOptions } from '../core/check';
import { ArgumentError } from '../core/errors';
import { traitsOf } from '../gpu/device';
import { GpuVariables } from '../gpu/variables';
import type { Graph, Node } from '../ir/graph';
import type { AdapterTraits, Lowering } from '../ir/op';
import type { PlanOptions } from '../plan/plan';
import { digestOf, keyOf } from './candidates';
import { Clock } from './clock';
import { measure } from './measure';
import { parseRecord, type TuningChoice, type TuningRecord } from './record';

export interface TuneOptions {
  /** What is known already: only what it says nothing about is measured. */
  readonly record?: TuningRecord;
  /** Called after each op that has been measured: how many are, of how many of this program. */
  readonly progress?: (done: number, total: number) => void;
}

/** What a network is told: measure all, or nothing, or what a record leaves out. */
export interface TunePlan extends TuneOptions {
  readonly measures: boolean;
}

const OPTIONS: Readonly<Record<keyof TuneOptions, true>> = { record: true, progress: true };

/**
 * `true`, a record, or {@link TuneOptions}. Throws an ArgumentError for what is none of them, and a
 * FormatError for a record with something wrong in it.
 */
export function parseTune(tune: unknown, where: string): TunePlan {
  if (tune === true) return { measures: true };
  if (typeof tune !== 'object' || tune === null || Array.isArray(tune)) {
    throw new ArgumentError({
      where,
      rule: 'tune is true, a record that net.tuning gave, or options',
      found: typeof tune === 'string' ? 'text' : String(tune),
      remedy: typeof tune === 'string' ? 'Parse it first: JSON.parse(text).' : undefined,
    });
  }
  if ('version' in tune) return { measures: false, record: parseRecord(tune) };
  knownOptions(tune, Object.keys(OPTIONS), `${where}, tune`);
  const { record, progress } = tune as TuneOptions;
  if (progress !== undefined && typeof progress !== 'function') {
    throw new ArgumentError({ where, rule: 'progress is a function', found: String(progress) });
  }
  return { measures: true, record: record && parseRecord(record), progress };
}

/** One measurement at a time on a device: two would slow each other down. */
const busy = new WeakMap<GPUDevice, Promise<unknown>>();

/** Knows, or finds out, which lowering of an op is the fastest on a device. */
export class Tuner {
  readonly measures: boolean;
  readonly #adapter: string;
  readonly #choices = new Map<string, TuningChoice>();

  constructor(
    private readonly device: GPUDevice,
    private readonly told: TunePlan,
  ) {
    this.measures = told.measures;
    this.#adapter = adapterKey(device);
    if (told.record?.adapter !== this.#adapter) return;
    for (const choice of told.record.choices) this.#choices.set(choice.op, choice);
  }

  /** All that is known of this adapter: a copy. */
  get record(): TuningRecord {
    const choices = [...this.#choices.values()].map((one) => ({ ...one, ms: { ...one.ms } }));
    return { version: 1, adapter: this.#adapter, choices };
  }

  /** How to plan `graph`, after measuring what is not known yet. */
  async chooseFor(graph: Graph): Promise<NonNullable<PlanOptions['choose']>> {
    if (this.measures) {
      const before = busy.get(this.device) ?? Promise.resolve();
      const now = before.catch(() => {}).then(() => this.#measure(graph));
      busy.set(this.device, now);
      await now;
    }
    return (node, lowerings) => this.#known(node, lowerings) ?? lowerings[0];
  }

  /** The lowering of the record, where that is about these candidates. */
  #known(node: Node, lowerings: readonly Lowering[]): Lowering | undefined {
    if (lowerings.length < 2) return undefined;
    const choice = this.#choices.get(keyOf(node));
    if (choice?.candidates !== digestOf(lowerings)) return undefined;
    return lowerings.find(({ name }) => name === choice.lowering);
  }

  async #measure(graph: Graph): Promise<void> {
    const adapter = traitsOf(this.device);
    const open = new Map<string, { node: Node; lowerings: readonly Lowering[] }>();
    for (const node of graph.nodes) {
      const lowerings = loweringsOf(node, adapter);
      if (lowerings.length < 2 || this.#known(node, lowerings)) continue;
      open.set(keyOf(node), { node, lowerings });
    }
    if (!open.size) return;
    const variables = new GpuVariables(this.device);
    const clock = new Clock(this.device);
    let done = 0;
    try {
      for (const [key, { node, lowerings }] of open) {
        const choice = await measure(node, lowerings, variables, clock);
        if (choice) this.#choices.set(key, choice);
        this.told.progress?.(++done, open.size);
      }
    } finally {
      clock.dispose();
      variables.dispose();
    }
  }
}

function loweringsOf(node: Node, adapter: AdapterTraits): readonly Lowering[] {
  return node.op.view ? [] : (node.op.lower?.({ ...node, adapter }) ?? []);
}

/** The adapter by name, and all that lowerings may look at. Browsers tell a family, not a model. */
function adapterKey(device: GPUDevice): string {
  const { vendor, architecture, device: model, description } = device.adapterInfo;
  const name = [vendor, architecture, model, description].filter(Boolean).join(' ');
  const traits = Object.entries(traitsOf(device)).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name} ${JSON.stringify(Object.fromEntries(traits))}`;
}
