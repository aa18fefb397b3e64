import './inside.css';
import { describeError, type Problem, problemOf } from '../../parts/device';
import { firstDigits, loadDigits } from '../../parts/digits';
import { part, reducedMotion } from '../../parts/dom';
import { isSoftware } from '../../parts/gpu';
import type { Settings } from '../../parts/link';
import { LogSlider } from '../../parts/log-slider';
import type { Mount, Page, Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { anotherSeed, rateLimits } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { type Camera, type Preset, presets, turned, zoomed } from './camera';
import { insideCode } from './code';
import { Controls } from './controls';
import { Cursor } from './cursor';
import { Experiment } from './experiment';
import markup from './inside.html?raw';
import { Orbit } from './orbit';
import { Renderer } from './renderer';
import { settings } from './settings';
import { InsideView } from './view';

/** A software adapter takes seconds for what a graphics card does in milliseconds. */
const sizes = {
  hardware: { probe: 128, rows: 64, samples: 4 },
  software: { probe: 16, rows: 24, samples: 1 },
} as const;
const batch = 32;

/** What moves inside: distributions in every layer of two networks, while they train. */
export const mount: Mount = (host, page) => {
  host.innerHTML = markup;
  const section = new InsideSection(host, page);
  section.start();
  return section;
};

class InsideSection implements Section {
  readonly keys: Section['keys'];
  readonly #settings: Settings<typeof settings>;
  readonly #view: InsideView;
  readonly #orbit: Orbit;
  readonly #cursor: Cursor;
  readonly #player: Player;
  readonly #transport: Transport;
  readonly #slider: LogSlider;
  readonly #controls: Controls;
  #device?: GPUDevice;
  #experiment?: Experiment;
  #renderer?: Renderer;
  /** Work on the experiment, one thing after another. */
  #work: Promise<void> = Promise.resolve();
  /** Counts starts, so that what an abandoned one finds out late is ignored. */
  #run = 0;
  #frame = 0;

  constructor(
    host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('inside', settings, () => this.#followLink());
    const invalidate = () => this.#invalidate();
    this.#orbit = new Orbit(cameraOf(this.#settings.values), invalidate);
    this.#cursor = new Cursor(page.announcer, invalidate);
    this.#view = new InsideView(
      host,
      page,
      {
        turn: (right, up) => this.#look(turned(this.#orbit.wanted, right, up)),
        zoom: (factor) => this.#look(zoomed(this.#orbit.wanted, factor)),
        point: (at) => this.#cursor.point(at),
        key: (event) => this.#onKey(event),
      },
      invalidate,
    );
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#advance(steps),
      ready: () => this.#experiment !== undefined,
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
      preset: (name) => this.#showPreset(name),
      perspective: (perspective) => this.#look({ ...this.#orbit.wanted, perspective }),
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
    this.#orbit.jump(cameraOf(this.#settings.values));
    this.#rebuild();
    if (this.#settings.values.paused) this.#player.pause();
    else this.#player.play();
  }

  #showSettings(): void {
    const { lr, layer, perspective, ...angles } = this.#settings.values;
    this.#slider.set(lr);
    this.#controls.show(layer, angles, perspective);
  }

  #showPreset(name: Preset): void {
    const preset = { ...presets[name], zoom: 1 };
    this.#settings.set(preset);
    this.#showSettings();
    this.#orbit.turnTo({ ...this.#orbit.wanted, ...preset });
  }

  #look(camera: Camera): void {
    const { azimuth, elevation, zoom, perspective } = camera;
    this.#settings.set({
      azimuth: Math.round(azimuth),
      elevation: Math.round(elevation),
      zoom,
      perspective,
    });
    this.#showSettings();
    this.#orbit.jump(camera);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { wanted: camera } = this.#orbit;
    const turns: Record<string, Camera> = {
      ArrowLeft: turned(camera, -5, 0),
      ArrowRight: turned(camera, 5, 0),
      ArrowUp: turned(camera, 0, 5),
      ArrowDown: turned(camera, 0, -5),
    };
    const zooms: Record<string, Camera> = {
      '+': zoomed(camera, 1.2),
      '-': zoomed(camera, 1 / 1.2),
    };
    const next = event.shiftKey && event.key in turns ? turns[event.key] : zooms[event.key];
    if (next) this.#look(next);
    else if (!this.#cursor.move(event.key)) return;
    event.preventDefault();
  }

  #toggle(): void {
    this.#player.toggle();
    if (this.#player.playing) this.#ensure();
  }

  #stepOnce(): void {
    this.#player.pause();
    this.#ensure();
    this.#queue(async () => {
      await this.#experiment?.advance(1, this.#settings.values.lr);
      this.#view.hidePhase();
      this.#invalidate();
    });
  }

  #newSeed(): void {
    const seed = anotherSeed(this.#settings.values.seed);
    this.#settings.set({ seed });
    this.#rebuild(`New seed ${seed}`);
  }

  #showPlaying(playing: boolean): void {
    this.#settings.set({ paused: !playing });
    this.#transport.showPlaying(playing);
    const step = this.#experiment ? `, step ${this.#experiment.step}` : '';
    this.page.announcer.say(playing ? 'Playing' : `Paused${step}`);
    this.#invalidate();
  }

  /** Makes the networks where there are none yet. */
  #ensure(): void {
    if (this.#run === 0) this.#rebuild();
  }

  /** Makes both networks anew, at step 0. */
  #rebuild(words?: string): void {
    const run = ++this.#run;
    const current = () => run === this.#run;
    const { page } = this;
    if (words) page.announcer.say(words);
    page.notice.hide();
    this.#view.setState(this.#experiment ? 'running' : 'idle');
    this.#queue(async () => {
      if (!current()) return;
      await this.#release();
      const phase = (text: string, share?: number) => {
        if (current()) this.#view.showPhase(text, share);
      };
      phase('Opening the graphics device');
      const device = await page.gpu.open();
      this.#device = device;
      void device.lost.then(({ message }) => {
        if (current()) this.#fail(problemOf('lost', message));
      });
      phase('Loading the digits');
      const { train } = await loadDigits();
      phase('Compiling the networks');
      const size = sizes[isSoftware(device) ? 'software' : 'hardware'];
      const { seed } = this.#settings.values;
      const probe = firstDigits(train, size.probe);
      const experiment = await Experiment.create(
        device,
        { train, probe, seed, batch, capacity: size.rows },
        (done, total) => phase(`Compiling the training: ${done} of ${total} kernels`, done / total),
      );
      if (!current()) return experiment.dispose();
      this.#experiment = experiment;
      this.#renderer = new Renderer(device, experiment.histories, size.rows, size.samples);
      this.#cursor.follow(experiment);
      this.#view.hidePhase();
      this.#view.setState('running');
      this.#invalidate();
      this.#player.restart();
    });
  }

  async #release(): Promise<void> {
    const experiment = this.#experiment;
    this.#experiment = undefined;
    this.#cursor.follow(undefined);
    this.#view.release();
    this.#renderer?.dispose();
    this.#renderer = undefined;
    await experiment?.dispose();
  }

  #fail(problem: Problem): void {
    this.#run++;
    this.#experiment = undefined;
    this.#cursor.follow(undefined);
    this.#view.hidePhase();
    this.#view.release();
    this.#view.setState('unusable');
    const again = problem.kind === 'lost' || problem.kind === 'no-device';
    this.page.notice.show(problem, again ? () => this.#rebuild() : undefined);
  }

  #queue(task: () => Promise<void>): Promise<void> {
    const run = this.#run;
    this.#work = this.#work.then(task).catch(async (error) => {
      const problem = await describeError(error, this.#device);
      // A lost device makes all that was under way fail; it is reported once.
      if (run === this.#run) this.#fail(problem);
    });
    return this.#work;
  }

  async #advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#queue(async () => {
      const experiment = this.#experiment;
      if (!experiment) return;
      taken = await experiment.advance(steps, this.#settings.values.lr);
      this.#view.hidePhase();
      if (experiment.diverged) this.#player.pause();
      this.#invalidate();
    });
    return taken;
  }

  /** Draws with the next frame, or once a second where motion is unwelcome. */
  #invalidate(): void {
    if (this.#frame) return;
    const draw = () => {
      this.#frame = 0;
      const [experiment, renderer] = [this.#experiment, this.#renderer];
      if (!experiment || !renderer) return;
      const layer = this.#settings.values.layer - 1;
      renderer.setRows(experiment.rows.list);
      this.#view.draw(
        experiment,
        renderer,
        { layer, camera: this.#orbit.camera, ...this.#cursor.place },
        this.#player.speed,
      );
      void this.#cursor.read(layer, (place, text) => this.#view.read(place, text));
    };
    const calm = reducedMotion.matches && this.#player.playing;
    this.#frame = calm ? window.setTimeout(draw, 1000) : requestAnimationFrame(draw);
  }
}

function cameraOf({ azimuth, elevation, zoom, perspective }: Camera): Camera {
  return { azimuth, elevation, zoom, perspective };
}
