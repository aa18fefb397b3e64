import type { Announcer } from '../../parts/announcer';
import { part, setHidden, setText } from '../../parts/dom';
import type { Settings } from '../../parts/link';
import type { Place } from '../../parts/place';
import { Adaptation, errorsOf, type Measured, type Source } from './adaptation';
import { join } from './data';
import { type PriceData, predict, type Run } from './runs';
import { Scatter } from './scatter';
import type { settings } from './settings';
import type { TabularView } from './view';

/** The network that motorbikes meet. */
export interface Subject {
  /** None: nothing has been compiled yet. */
  readonly run?: Run;
  readonly step: number;
  readonly playing: boolean;
  readonly place: Place;
  readonly data: PriceData;
}

export interface ShiftOptions {
  readonly host: HTMLElement;
  readonly view: TabularView;
  readonly announcer: Announcer;
  readonly settings: Settings<typeof settings>;
  /** Runs a task when all before it are done. */
  readonly queue: (task: () => Promise<unknown>) => void;
  readonly subject: () => Subject;
}

/** Networks that have learned less than this have nothing to lose. */
const enoughSteps = 40;

/** Motorbikes join, statistics are estimated again, and that is undone. */
export class Shift {
  readonly #scatter: Scatter;
  /** A copy of the network as trained; made when motorbikes have joined. */
  #adaptation?: Adaptation;
  #trained?: Measured;
  #adapted?: Measured;

  constructor(private readonly options: ShiftOptions) {
    const { host, settings, queue } = options;
    this.#scatter = new Scatter(part(host, 'scatter'));
    const bikes = part<HTMLInputElement>(host, 'bikes');
    bikes.addEventListener('change', () => {
      settings.set({ bikes: bikes.checked });
      queue(() => this.look());
    });
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="tab-from"]')) {
      radio.addEventListener('change', () => {
        settings.set({ from: radio.value as Source });
        queue(() => this.#measure());
      });
    }
    part(host, 'recalibrate').addEventListener('click', () => queue(() => this.#recalibrate()));
    part(host, 'undo').addEventListener('click', () => queue(() => this.#undo()));
  }

  /** Forgets a network that is about to change. */
  drop(): void {
    this.#adaptation?.dispose();
    this.#adaptation = undefined;
    this.#trained = undefined;
    this.#adapted = undefined;
  }

  /** Whether statistics have been estimated again. */
  get adapted(): boolean {
    return this.#adaptation?.adapted ?? false;
  }

  /** The network is gone with its device. */
  lose(): void {
    this.drop();
    this.#show();
  }

  /** Looks at the network that is chosen now. */
  async look(): Promise<void> {
    this.drop();
    const { run, playing, place, data } = this.options.subject();
    const { bikes, scaling } = this.options.settings.values;
    if (run && !run.divergedAt && !playing) {
      if (bikes && run.normalised) {
        const state = await run.network.getState();
        this.#adaptation = await Adaptation.create(place.where, data, { scaling, state });
        return this.#measure();
      }
      const predictions = await predict(run.network, join(data.cars, data.bikes));
      this.#trained = { predictions, errors: errorsOf(predictions, data), statistics: [] };
    }
    this.#show();
  }

  async #measure(): Promise<void> {
    const adaptation = this.#adaptation;
    if (adaptation) {
      const measured = await adaptation.measure(this.options.settings.values.from);
      if (adaptation.adapted) this.#adapted = measured;
      else [this.#trained, this.#adapted] = [measured, undefined];
    }
    this.#show();
  }

  async #recalibrate(): Promise<void> {
    const { view, announcer, settings } = this.options;
    const adaptation = this.#adaptation;
    if (!adaptation) return;
    // From the statistics of the training each time, so that one source does not follow another.
    adaptation.undo();
    const start = performance.now();
    const examples = await adaptation.recalibrate(settings.values.from, (shown) =>
      view.showCount(shown),
    );
    view.showCount(examples, performance.now() - start);
    await this.#measure();
    const [before, after] = [this.#trained, this.#adapted].map((each) => each?.errors);
    if (!before || !after) return;
    const change = (key: 'cars' | 'bikes') =>
      `${before[key].toFixed(2)}, now ${after[key].toFixed(2)}`;
    announcer.say(
      `Statistics re-estimated. Error on cars ${change('cars')}; on motorbikes ${change('bikes')}`,
    );
  }

  async #undo(): Promise<void> {
    const { announcer } = this.options;
    this.#adaptation?.undo();
    await this.#measure();
    announcer.say(
      `Undone. Error on motorbikes ${this.#trained?.errors.bikes.toFixed(2)}, as before`,
    );
  }

  #show(): void {
    const { host, view, settings, subject } = this.options;
    const { bikes } = settings.values;
    const { run, playing, data } = subject();
    const adaptation = this.#adaptation;
    const trained = this.#trained;
    const shown = this.#adapted ?? trained;
    setHidden(part(host, 'bike-legend'), !bikes);
    part<HTMLInputElement>(host, 'bikes').disabled = !run || playing;
    part<HTMLFieldSetElement>(host, 'from').disabled = !adaptation;
    part<HTMLButtonElement>(host, 'recalibrate').disabled = !adaptation;
    part<HTMLButtonElement>(host, 'undo').disabled = !adaptation?.adapted;
    if (!adaptation?.adapted) view.showCount(0);
    view.showErrors(trained?.errors, this.#adapted?.errors, bikes);
    view.showStatistics(adaptation && shown);
    const { cars } = data;
    const joined = bikes ? { bikes: data.bikes } : {};
    this.#scatter.show(shown && { cars, predictions: shown.predictions, ...joined });
    setText(part(host, 'words'), this.#words());
  }

  #words(): string {
    const { bikes, norm, from } = this.options.settings.values;
    const { run, step, playing } = this.options.subject();
    if (playing) return 'While it trains there is nothing to adapt: pause first.';
    if (run?.divergedAt) {
      return 'This network diverged: its predictions are no numbers. Choose another.';
    }
    if (step < enoughSteps) return 'The networks have learned next to nothing yet: press Play.';
    if (!bikes) return 'Let the motorbikes join, and see what the network makes of them.';
    if (!norm) {
      return 'This network has no batch norm, and so no statistics that could be estimated.';
    }
    if (!this.#adapted) {
      return 'To the network a motorbike looks like a car that has hardly been driven.';
    }
    return from === 'bikes'
      ? 'Right about motorbikes now, and wrong about cars: these are the statistics of motorbikes.'
      : 'Better on both together, and worse on cars alone: the statistics are those of a mixture.';
  }
}
