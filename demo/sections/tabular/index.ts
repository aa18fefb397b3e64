import './tabular.css';
import { offerToGoOn } from '../../parts/checkpoint';
import type { Problem } from '../../parts/device';
import { part, setHidden, setText } from '../../parts/dom';
import type { Settings } from '../../parts/link';
import { mounting, type Page, type Section } from '../../parts/page';
import { openPlace, type Place } from '../../parts/place';
import { Player } from '../../parts/player';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { Work } from '../../parts/work';
import { tabularCode } from './code';
import { makeVehicles } from './data';
import { lastStep, type PriceData, type Run, Runs } from './runs';
import { rates, settings } from './settings';
import { Shift } from './shift';
import markup from './tabular.html?raw';
import { formatError, TabularView } from './view';

const counts = { train: 512, cars: 256, bikes: 256 } as const;

/** The data: the same for the same seed, whatever the networks' weights. */
function makeData(seed: number): PriceData {
  return {
    train: makeVehicles('car', counts.train, 3 * seed),
    cars: makeVehicles('car', counts.cars, 3 * seed + 1),
    bikes: makeVehicles('motorbike', counts.bikes, 3 * seed + 2),
  };
}

/** Car prices from raw and scaled inputs, with and without batch norm; then motorbikes join. */
class TabularSection implements Section {
  readonly keys: Section['keys'];
  readonly #settings: Settings<typeof settings>;
  readonly #view: TabularView;
  readonly #shift: Shift;
  readonly #player: Player;
  readonly #transport: Transport;
  #place: Place = { where: {} };
  #data: PriceData;
  #runs?: Runs;
  /** Whether the networks can take steps. */
  #ready = false;
  /** Of the vehicles and the weights that there are. */
  #seed = 0;
  readonly #work = new Work((problem) => this.#fail(problem));

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('tabular', settings, () => this.#followLink());
    this.#data = makeData(this.#settings.values.seed);
    this.#view = new TabularView(host, page.announcer, (scaling, norm) => {
      this.#settings.set({ scaling, norm });
      void this.#work.add(() => this.#shift.look());
    });
    this.#shift = new Shift({
      host,
      view: this.#view,
      announcer: page.announcer,
      settings: this.#settings,
      queue: (task) => void this.#work.add(task),
      subject: () => ({
        run: this.#chosen,
        step: this.#runs?.step ?? 0,
        playing: this.#player.playing,
        place: this.#place,
        data: this.#data,
      }),
    });
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#advance(steps),
      ready: () => this.#ready && !this.#runs?.finished,
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
  }

  #followLink(): void {
    this.#showSettings();
    const { seed, paused } = this.#settings.values;
    if (paused) this.#player.pause();
    else this.#player.play();
    // The same vehicles and weights: the training goes on as it is.
    if (this.#ready && seed === this.#seed) void this.#work.add(() => this.#shift.look());
    else this.#rebuild();
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
    void this.#work.add(() => this.#shift.look());
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
    return this.#ready ? this.#runs?.find(scaling, norm) : undefined;
  }

  /** Makes all six networks anew, at step 0. */
  #rebuild(play = false): void {
    void this.#work.add(() => this.#close());
    this.#open(play);
  }

  /** Makes the networks run: from their start, or from where they were before the last device was lost. */
  #open(play = false): void {
    this.#ready = false;
    this.page.notice.hide();
    this.#transport.setEnabled(false);
    this.#setUsable(true);
    void this.#work.begin(async (signal) => {
      this.#view.showPhase('Compiling six networks');
      const place = await openPlace(this.page.gpu);
      this.#place = place;
      this.#work.follow(place.device);
      this.#view.showCpu(place.missing?.title ?? '');
      this.#runs ??= this.#newRuns();
      const runs = this.#runs;
      await runs.start(place.where);
      // Whoever is the current one by now gives them back.
      if (signal.aborted) return;
      this.#ready = true;
      this.#view.showPhase('');
      this.#transport.setEnabled(true);
      this.#view.showRuns(runs);
      await this.#shift.look();
      if (play) this.#player.play();
      this.#player.restart();
    });
  }

  #newRuns(): Runs {
    const { seed } = this.#settings.values;
    this.#seed = seed;
    setText(part(this.host, 'seed'), String(seed));
    this.#data = makeData(seed);
    return new Runs(this.#data, seed);
  }

  async #close(): Promise<void> {
    this.#shift.drop();
    const runs = this.#runs;
    this.#runs = undefined;
    await runs?.dispose();
  }

  #fail(problem: Problem): void {
    this.#ready = false;
    const { adapted } = this.#shift;
    this.#shift.lose();
    this.#view.showPhase('');
    this.#transport.setEnabled(false);
    const { notice } = this.page;
    const checkpoint = this.#runs?.checkpoint;
    if (problem.kind === 'lost' && checkpoint !== undefined) {
      const also = adapted ? ['Then estimate the statistics again: they are as trained.'] : [];
      offerToGoOn(notice, problem, checkpoint, () => this.#open(), also);
      return;
    }
    this.#setUsable(false);
    notice.show(problem, () => this.#rebuild());
  }

  #setUsable(usable: boolean): void {
    for (const name of ['panel', 'charts']) setHidden(part(this.host, name), !usable);
  }

  async #advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#work.add(async () => {
      const runs = this.#runs;
      if (!runs || !this.#ready) return;
      this.#shift.drop();
      taken = await runs.advance(steps, this.#settings.values.rate);
      this.#view.showRuns(runs);
      if (runs.finished) this.#player.pause();
    });
    return taken;
  }

  #stepOnce(): void {
    this.#player.pause();
    void this.#work.add(async () => {
      const runs = this.#runs;
      if (!runs || !this.#ready) return;
      await runs.advance(1, this.#settings.values.rate);
      await runs.measure();
      this.#view.showRuns(runs);
      await this.#shift.look();
    });
  }
}

export const mount = mounting(markup, TabularSection);
