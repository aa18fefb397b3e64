import './inside.css';
import { offerToGoOn } from '../../parts/checkpoint';
import { type Problem, withoutFigure } from '../../parts/device';
import { firstDigits, loadDigits } from '../../parts/digits';
import { part } from '../../parts/dom';
import { Frames } from '../../parts/frames';
import { isSoftware } from '../../parts/gpu';
import type { Settings } from '../../parts/link';
import { LogSlider } from '../../parts/log-slider';
import { mounting, type Page, type Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { anotherSeed, rateLimits } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { Work } from '../../parts/work';
import { insideCode } from './code';
import { Controls } from './controls';
import { Cursor } from './cursor';
import { Experiment } from './experiment';
import markup from './inside.html?raw';
import { Renderer } from './renderer';
import { settings } from './settings';
import { InsideView } from './view';
import { Viewpoint } from './viewpoint';

/** A software adapter takes seconds for what a graphics card does in milliseconds. */
const sizes = {
  hardware: { probe: 128, rows: 64, samples: 4 },
  software: { probe: 16, rows: 24, samples: 1 },
} as const;
const batch = 32;

/** What moves inside: distributions in every layer of two networks, while they train. */
class InsideSection implements Section {
  readonly keys: Section['keys'];
  readonly #settings: Settings<typeof settings>;
  readonly #view: InsideView;
  readonly #viewpoint: Viewpoint;
  readonly #cursor: Cursor;
  readonly #player: Player;
  readonly #transport: Transport;
  readonly #slider: LogSlider;
  readonly #controls: Controls;
  readonly #work = new Work((problem) => this.#fail(problem));
  readonly #frames = new Frames(
    () => this.#draw(),
    () => this.#player.playing,
  );
  /** Whether networks have been asked for. */
  #begun = false;
  #experiment?: Experiment;
  /** There is one as long as the experiment can take steps. */
  #renderer?: Renderer;

  constructor(
    host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('inside', settings, () => this.#followLink());
    const invalidate = () => this.#frames.request();
    this.#viewpoint = new Viewpoint(this.#settings, invalidate, () => this.#showSettings());
    this.#cursor = new Cursor(page.announcer, invalidate);
    this.#view = new InsideView(
      host,
      page,
      {
        turn: (right, up) => this.#viewpoint.turn(right, up),
        zoom: (factor) => this.#viewpoint.zoom(factor),
        point: (at) => this.#cursor.point(at),
        key: (event) => this.#onKey(event),
      },
      invalidate,
    );
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#advance(steps),
      ready: () => this.#renderer !== undefined,
      onChange: (playing) => this.#showPlaying(playing),
    });
    this.#transport = new Transport(part(host, 'transport'), {
      toggle: () => this.#toggle(),
      step: () => this.#stepOnce(),
      reset: () => this.#rebuild('Back to the start, same seed'),
      newSeed: () => this.#newSeed(),
    });
    this.keys = this.#transport.keys;
    this.#slider = new LogSlider({
      slider: part(host, 'rate'),
      box: part(host, 'rate-box'),
      ...rateLimits,
      onInput: (lr) => this.#settings.set({ lr }),
    });
    this.#controls = new Controls(host, {
      layer: (layer) => {
        this.#settings.set({ layer });
        invalidate();
      },
      preset: (name) => this.#viewpoint.choose(name),
      perspective: (on) => this.#viewpoint.setPerspective(on),
      row: (row) => this.#cursor.choose(row),
    });
    this.#showSettings();
  }

  code(): Promise<string> {
    return insideCode(this.#settings.values);
  }

  /** Waits to be played, unless the link leads here: two more networks cost who only passes by. */
  start(): void {
    this.#transport.setEnabled(true);
    this.#view.setState('idle');
    this.#view.hidePhase();
    if (this.page.link.at !== 'inside') return;
    this.#rebuild();
    if (!this.#settings.values.paused) this.#player.play();
  }

  #followLink(): void {
    this.#showSettings();
    this.#viewpoint.follow();
    this.#rebuild();
    if (this.#settings.values.paused) this.#player.pause();
    else this.#player.play();
  }

  #showSettings(): void {
    const { lr, layer, perspective, ...angles } = this.#settings.values;
    this.#slider.set(lr);
    this.#controls.show(layer, angles, perspective);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#viewpoint.press(event) || this.#cursor.move(event.key)) event.preventDefault();
  }

  #toggle(): void {
    this.#player.toggle();
    if (this.#player.playing) this.#ensure();
  }

  #stepOnce(): void {
    this.#player.pause();
    this.#ensure();
    void this.#advance(1);
  }

  #newSeed(): void {
    const seed = anotherSeed(this.#settings.values.seed);
    this.#settings.set({ seed });
    this.#rebuild(`New seed ${seed}`);
  }

  #showPlaying(playing: boolean): void {
    this.#settings.set({ paused: !playing });
    this.#transport.showPlaying(playing);
    const step = this.#experiment ? `, step ${this.#experiment.journal.step}` : '';
    this.page.announcer.say(playing ? 'Playing' : `Paused${step}`);
    this.#frames.request();
  }

  /** Makes the networks where there are none yet. */
  #ensure(): void {
    if (!this.#begun) this.#rebuild();
  }

  /** Makes both networks anew, at step 0. */
  #rebuild(words?: string): void {
    if (words) this.page.announcer.say(words);
    const shown = this.#experiment?.checkpoint !== undefined;
    this.#view.setState(shown ? 'running' : 'idle');
    void this.#work.add(() => this.#release());
    this.#open();
  }

  /** Makes the networks run: from their start, or from where they were before the last device was lost. */
  #open(): void {
    const { page } = this;
    this.#begun = true;
    page.notice.hide();
    this.#transport.setEnabled(true);
    void this.#work.begin(async (signal) => {
      const phase = (text: string, share?: number) => {
        if (!signal.aborted) this.#view.showPhase(text, share);
      };
      phase('Opening the graphics device');
      const device = await page.gpu.open();
      this.#work.follow(device);
      const size = sizes[isSoftware(device) ? 'software' : 'hardware'];
      phase('Loading the digits');
      this.#experiment ??= await this.#newExperiment(size.probe, size.rows);
      const experiment = this.#experiment;
      phase('Compiling the networks');
      const histories = await experiment.start(device, (done, total) =>
        phase(`Compiling the training: ${done} of ${total} kernels`, done / total),
      );
      // Whoever is the current one by now gives these back.
      if (signal.aborted) return;
      this.#renderer = new Renderer(device, histories, size.samples);
      this.#cursor.follow(experiment);
      this.#view.hidePhase();
      this.#view.setState('running');
      this.#frames.request();
      this.#player.restart();
    });
  }

  async #newExperiment(probe: number, capacity: number): Promise<Experiment> {
    const { train } = await loadDigits();
    const { seed } = this.#settings.values;
    return new Experiment({ train, probe: firstDigits(train, probe), seed, batch, capacity });
  }

  async #release(): Promise<void> {
    const experiment = this.#experiment;
    this.#experiment = undefined;
    this.#cursor.follow(undefined);
    this.#closeRenderer();
    await experiment?.dispose();
  }

  #closeRenderer(): void {
    this.#view.release();
    this.#renderer?.dispose();
    this.#renderer = undefined;
  }

  #fail(problem: Problem): void {
    this.#view.hidePhase();
    this.#closeRenderer();
    const { notice } = this.page;
    const checkpoint = this.#experiment?.checkpoint;
    if (problem.kind === 'lost' && checkpoint !== undefined) {
      this.#transport.setEnabled(false);
      offerToGoOn(notice, problem, checkpoint, () => this.#open());
      return;
    }
    this.#view.setState('unusable');
    notice.show(withoutFigure(problem), () => this.#rebuild());
  }

  async #advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#work.add(async () => {
      const experiment = this.#experiment;
      if (!experiment || !this.#renderer) return;
      taken = await experiment.advance(steps, this.#settings.values.lr);
      // The kernels are compiled with the first step.
      this.#view.hidePhase();
      if (experiment.journal.over) this.#player.pause();
      this.#frames.request();
    });
    return taken;
  }

  #draw(): void {
    const experiment = this.#experiment;
    if (!experiment?.journal.snapshots.length) return;
    const layer = this.#settings.values.layer - 1;
    const { camera } = this.#viewpoint;
    const shown = { layer, camera, ...this.#cursor.place };
    this.#view.draw(experiment.journal, this.#renderer, shown, this.#player.speed);
    void this.#cursor.read(layer, (place, text) => this.#view.read(place, text));
  }
}

export const mount = mounting(markup, InsideSection);
