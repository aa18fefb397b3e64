import './tabular.css';
import { describeError, type Problem, ProblemError, problemOf } from '../../parts/device';
import { part, setHidden, setText } from '../../parts/dom';
import type { Settings } from '../../parts/link';
import type { Mount, Page, Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { Adaptation, errorsOf, type Measured, type Source } from './adaptation';
import { tabularCode } from './code';
import { join, makeVehicles } from './data';
import { lastStep, type Place, type PriceData, predict, type Run, Runs } from './runs';
import { Scatter } from './scatter';
import { rates, settings } from './settings';
import markup from './tabular.html?raw';
import { formatError, TabularView } from './view';

const counts = { train: 512, cars: 256, bikes: 256 } as const;
/** Networks that have learned less than this have nothing to lose. */
const enoughSteps = 40;

/** Car prices from raw and scaled inputs, with and without batch norm; then motorbikes join. */
export const mount: Mount = (host, page) => {
  host.innerHTML = markup;
  const section = new TabularSection(host, page);
  section.start();
  return section;
};

/** The data: the same for the same seed, whatever the networks' weights. */
function makeData(seed: number): PriceData {
  return {
    train: makeVehicles('car', counts.train, 3 * seed),
    cars: makeVehicles('car', counts.cars, 3 * seed + 1),
    bikes: makeVehicles('motorbike', counts.bikes, 3 * seed + 2),
  };
}

class TabularSection implements Section {
  readonly keys: Section['keys'];
  readonly #settings: Settings<typeof settings>;
  readonly #view: TabularView;
  readonly #scatter: Scatter;
  readonly #player: Player;
  readonly #transport: Transport;
  #device?: GPUDevice;
  #where: Place = {};
  #data: PriceData;
  #runs?: Runs;
  /** A copy of the network chosen, as trained at this step; made when motorbikes have joined. */
  #adaptation?: Adaptation;
  #trained?: Measured;
  #adapted?: Measured;
  #work: Promise<void> = Promise.resolve();
  /** Counts starts, so that what an abandoned one finds out late is ignored. */
  #run = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('tabular', settings, () => this.#followLink());
    this.#data = makeData(this.#settings.values.seed);
    this.#view = new TabularView(host, page.announcer, (scaling, norm) => {
      this.#settings.set({ scaling, norm });
      void this.#queue(() => this.#lookAtChosen());
    });
    this.#scatter = new Scatter(part(host, 'scatter'));
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#advance(steps),
      ready: () => this.#runs !== undefined && !this.#runs.finished,
      onChange: (playing) => this.#showPlaying(playing),
    });
    this.#transport = new Transport(part(host, 'transport'), {
      toggle: () => this.#toggle(),
      step: () => this.#stepOnce(),
      reset: () => this.#rebuild(),
      newSeed: () => {
        this.#settings.set({ seed: anotherSeed(this.#settings.values.seed) });
        this.#rebuild();
      },
    });
    this.keys = this.#transport.keys;
    this.#listen();
    this.#showSettings();
  }

  start(): void {
    // Who came for another section is spared this one's work.
    if (this.page.link.at === 'tabular' && !this.#settings.values.paused) this.#player.play();
    this.#rebuild();
  }

  code(): string {
    const { rate, seed, scaling, norm, bikes, from } = this.#settings.values;
    const steps = this.#runs?.step || lastStep;
    return tabularCode({ counts, rate, seed, scaling, norm, bikes, from, steps });
  }

  #listen(): void {
    const { host } = this;
    const rate = part<HTMLSelectElement>(host, 'rate');
    rate.addEventListener('change', () => {
      this.#settings.set({ rate: rates.find((each) => String(each) === rate.value) });
    });
    const bikes = part<HTMLInputElement>(host, 'bikes');
    bikes.addEventListener('change', () => {
      this.#settings.set({ bikes: bikes.checked });
      void this.#queue(() => this.#lookAtChosen());
    });
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="tab-from"]')) {
      radio.addEventListener('change', () => {
        this.#settings.set({ from: radio.value as Source });
        void this.#queue(async () => {
          await this.#measureAdaptation();
          this.#showChosen();
        });
      });
    }
    part(host, 'recalibrate').addEventListener('click', () => this.#recalibrate());
    part(host, 'undo').addEventListener('click', () => this.#undo());
  }

  #followLink(): void {
    this.#showSettings();
    this.#rebuild();
  }

  #showSettings(): void {
    const { host } = this;
    const { rate, seed, scaling, norm, bikes, from } = this.#settings.values;
    part<HTMLSelectElement>(host, 'rate').value = String(rate);
    setText(part(host, 'seed'), String(seed));
    part<HTMLInputElement>(host, 'bikes').checked = bikes;
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="tab-from"]')) {
      radio.checked = radio.value === from;
    }
    this.#view.showChoice(scaling, norm);
  }

  #toggle(): void {
    if (this.#runs?.finished && !this.#player.playing) this.#rebuild(true);
    else this.#player.toggle();
  }

  #showPlaying(playing: boolean): void {
    this.#settings.set({ paused: !playing });
    this.#transport.showPlaying(playing);
    const step = this.#runs?.step ?? 0;
    this.page.announcer.say(playing ? 'Playing' : `Paused at step ${step}. ${this.#summary()}`);
    if (!playing) void this.#queue(() => this.#lookAtChosen());
  }

  #summary(): string {
    return (this.#runs?.all ?? [])
      .map(({ scaling, normalised, divergedAt, error }) => {
        const state = divergedAt ? `diverged at step ${divergedAt}` : formatError(error);
        return `${scaling} ${normalised ? 'with' : 'without'}: ${state}`;
      })
      .join('; ');
  }

  get #chosen(): Run | undefined {
    const { scaling, norm } = this.#settings.values;
    return this.#runs?.find(scaling, norm);
  }

  /** Makes all six networks anew, at step 0. */
  #rebuild(play = false): void {
    const run = ++this.#run;
    this.page.notice.hide();
    this.#transport.setEnabled(false);
    this.#setUsable(true);
    void this.#queue(async () => {
      if (run !== this.#run) return;
      await this.#close();
      const { seed } = this.#settings.values;
      setText(part(this.host, 'seed'), String(seed));
      this.#view.showPhase('Compiling six networks');
      this.#where = await this.#place(run);
      this.#data = makeData(seed);
      const runs = await Runs.create(this.#where, this.#data, seed);
      await runs.measure();
      if (run !== this.#run) return runs.dispose();
      this.#runs = runs;
      this.#view.showPhase('');
      this.#transport.setEnabled(true);
      this.#view.showRuns(runs);
      await this.#lookAtChosen();
      if (play) this.#player.play();
      this.#player.restart();
    });
  }

  /** The page's GPU or, where there is none, the CPU and a note that says why. */
  async #place(run: number): Promise<Place> {
    try {
      const device = await this.page.gpu.open();
      this.#device = device;
      void device.lost.then(({ message }) => {
        if (run === this.#run) this.#fail(problemOf('lost', message));
      });
      this.#view.showCpu('');
      return { device };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.#device = undefined;
      this.#view.showCpu(error.problem.title);
      return { backend: 'cpu' };
    }
  }

  async #close(): Promise<void> {
    this.#dropAdaptation();
    const runs = this.#runs;
    this.#runs = undefined;
    await runs?.dispose();
  }

  #fail(problem: Problem): void {
    this.#run++;
    this.#runs = undefined;
    this.#adaptation = undefined;
    this.#view.showPhase('');
    this.#transport.setEnabled(false);
    this.#setUsable(false);
    this.page.notice.show(problem, problem.kind === 'lost' ? () => this.#rebuild() : undefined);
  }

  #setUsable(usable: boolean): void {
    for (const name of ['panel', 'charts']) setHidden(part(this.host, name), !usable);
  }

  #queue(task: () => Promise<unknown>): Promise<void> {
    const run = this.#run;
    this.#work = this.#work
      .then(async () => void (await task()))
      .catch(async (error) => {
        const problem = await describeError(error, this.#device);
        // A lost device makes all that was under way fail; it is reported once.
        if (run === this.#run) this.#fail(problem);
      });
    return this.#work;
  }

  async #advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#queue(async () => {
      const runs = this.#runs;
      if (!runs) return;
      this.#dropAdaptation();
      taken = await runs.advance(steps, this.#settings.values.rate);
      this.#view.showRuns(runs);
      if (runs.finished) this.#player.pause();
    });
    return taken;
  }

  #stepOnce(): void {
    this.#player.pause();
    void this.#queue(async () => {
      const runs = this.#runs;
      if (!runs) return;
      await runs.advance(1, this.#settings.values.rate);
      await runs.measure();
      this.#view.showRuns(runs);
      await this.#lookAtChosen();
    });
  }

  /** What the chosen network says of cars and, where they have joined, of motorbikes. */
  async #lookAtChosen(): Promise<void> {
    this.#dropAdaptation();
    const [chosen, runs] = [this.#chosen, this.#runs];
    if (!chosen || !runs || this.#player.playing) return this.#showChosen();
    const { bikes, scaling } = this.#settings.values;
    if (chosen.divergedAt) return this.#showChosen();
    if (bikes && chosen.normalised) {
      const state = await chosen.network.getState();
      this.#adaptation = await Adaptation.create(this.#where, this.#data, { scaling, state });
      await this.#measureAdaptation();
    } else {
      const predictions = await predict(chosen.network, join(this.#data.cars, this.#data.bikes));
      this.#trained = { predictions, errors: errorsOf(predictions, this.#data), statistics: [] };
    }
    this.#showChosen();
  }

  async #measureAdaptation(): Promise<void> {
    const adaptation = this.#adaptation;
    if (!adaptation) return;
    const measured = await adaptation.measure(this.#settings.values.from);
    if (adaptation.adapted) this.#adapted = measured;
    else [this.#trained, this.#adapted] = [measured, undefined];
  }

  #dropAdaptation(): void {
    this.#adaptation?.dispose();
    this.#adaptation = undefined;
    this.#trained = undefined;
    this.#adapted = undefined;
  }

  #recalibrate(): void {
    void this.#queue(async () => {
      const adaptation = this.#adaptation;
      if (!adaptation) return;
      // From the statistics of the training each time, so that one source does not follow another.
      adaptation.undo();
      const start = performance.now();
      const examples = await adaptation.recalibrate(this.#settings.values.from, (shown) =>
        this.#view.showCount(shown),
      );
      this.#view.showCount(examples, performance.now() - start);
      await this.#measureAdaptation();
      this.#showChosen();
      const [before, after] = [this.#trained, this.#adapted].map((each) => each?.errors);
      if (!before || !after) return;
      this.page.announcer.say(
        `Statistics re-estimated. Error on cars ${before.cars.toFixed(2)}, now ${after.cars.toFixed(2)}; on motorbikes ${before.bikes.toFixed(2)}, now ${after.bikes.toFixed(2)}`,
      );
    });
  }

  #undo(): void {
    void this.#queue(async () => {
      const adaptation = this.#adaptation;
      if (!adaptation) return;
      adaptation.undo();
      this.#view.showCount(0);
      await this.#measureAdaptation();
      this.#showChosen();
      const error = this.#trained?.errors.bikes.toFixed(2);
      this.page.announcer.say(`Undone. Error on motorbikes ${error}, as before`);
    });
  }

  #showChosen(): void {
    const { host } = this;
    const { bikes, norm } = this.#settings.values;
    const adaptation = this.#adaptation;
    const trained = this.#trained;
    const shown = this.#adapted ?? trained;
    const { cars, bikes: machines } = this.#data;
    setHidden(part(host, 'bike-legend'), !bikes);
    part<HTMLInputElement>(host, 'bikes').disabled = !this.#runs || this.#player.playing;
    part<HTMLFieldSetElement>(host, 'from').disabled = !adaptation;
    part<HTMLButtonElement>(host, 'recalibrate').disabled = !adaptation;
    part<HTMLButtonElement>(host, 'undo').disabled = !adaptation?.adapted;
    if (!adaptation?.adapted) this.#view.showCount(0);
    if (trained) this.#view.showErrors(trained.errors, this.#adapted?.errors, bikes);
    else this.#view.clearErrors();
    this.#view.showStatistics(adaptation ? shown : undefined);
    this.#scatter.show(
      shown && {
        cars,
        predictions: shown.predictions,
        ...(bikes && { bikes: machines }),
      },
    );
    setText(part(host, 'words'), this.#words(bikes, norm));
  }

  #words(bikes: boolean, norm: boolean): string {
    const { divergedAt } = this.#chosen ?? {};
    const step = this.#runs?.step ?? 0;
    if (this.#player.playing) return 'While it trains there is nothing to adapt: pause first.';
    if (divergedAt) return 'This network diverged: its predictions are no numbers. Choose another.';
    if (step < enoughSteps) return 'The networks have learned next to nothing yet: press Play.';
    if (!bikes) return 'Let the motorbikes join, and see what the network makes of them.';
    if (!norm)
      return 'This network has no batch norm, and so no statistics that could be estimated.';
    if (this.#adapted) {
      return this.#settings.values.from === 'bikes'
        ? 'Right about motorbikes now, and wrong about cars: these are the statistics of motorbikes.'
        : 'Better on both together, and worse on cars alone: the statistics are those of a mixture.';
    }
    return 'To the network a motorbike looks like a car that has hardly been driven.';
  }
}
