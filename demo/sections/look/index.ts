import './look.css';
import { compile, type Network, type NetworkOptions } from 'webgpu-batchnorm';
import { describeError, type Problem, ProblemError, problemOf } from '../../parts/device';
import { digitMomentum, digitNetwork } from '../../parts/digit-network';
import { type Digits, loadTestDigits } from '../../parts/digits';
import { darkMode, part, setText } from '../../parts/dom';
import type { Settings } from '../../parts/link';
import type { Mount, Page, Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { Answers, bestOf, percent } from './answers';
import { batchOf, imageOf } from './batch';
import { Board } from './board';
import { lookCode } from './code';
import { Detail } from './detail';
import { digitOf } from './drawing';
import { Learner, trainedState, untrainedState } from './learner';
import markup from './look.html?raw';
import { MapOverview } from './maps';
import { Thumbnails } from './pictures';
import { batchSizes, settings } from './settings';
import { SlowMotion } from './slow-motion';
import { StatisticsTables } from './tables';
import { LookControls, paintInk } from './view';
import { channelOf, type Look, type Mode, Watcher, watchedLayers } from './watcher';

/** All maps are drawn on ±range, before batch norm and after. */
const range = 4;
/** While it trains, looks are this far apart, in milliseconds. */
const lookTime = 150;

/** Has nothing to pause. */
const visitor = { pause() {} };

/** What there is to look into: a network and its watcher, on a GPU or on the CPU. */
interface Open {
  readonly network: Network;
  readonly watcher: Watcher;
  readonly learner: Learner;
  readonly test: Digits;
}

/** A digit on its way through a network, before each batch norm and after. */
export const mount: Mount = (host, page) => {
  host.innerHTML = markup;
  const section = new LookSection(host, page);
  section.start();
  return section;
};

class LookSection implements Section {
  readonly keys: Section['keys'];
  readonly #settings: Settings<typeof settings>;
  readonly #controls: LookControls;
  readonly #board: Board;
  readonly #thumbnails: Thumbnails;
  readonly #answers: Answers;
  readonly #overview: MapOverview;
  readonly #detail: Detail;
  readonly #tables: StatisticsTables;
  readonly #slow: SlowMotion;
  readonly #player: Player;
  readonly #transport: Transport;
  #device?: GPUDevice;
  #open?: Open;
  #look?: Look;
  /** The batch that was last looked at. */
  #batch: Float32Array = new Float32Array();
  /** Whether something has changed since the last look began. */
  #stale = false;
  #looking = false;
  #lastLook = 0;
  #work: Promise<void> = Promise.resolve();
  /** Counts starts, so that what an abandoned one finds out late is ignored. */
  #run = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    const { announcer } = page;
    this.#settings = page.link.settings('look', settings, () => this.#followLink());
    this.#controls = new LookControls(host);
    this.#board = new Board(part(host, 'board'), {
      change: (drawing, done) => this.#set({ drawing }, done || this.#device !== undefined),
      say: (message) => announcer.say(message),
    });
    this.#thumbnails = new Thumbnails(part(host, 'thumbs'), (image) => this.#take(image));
    this.#answers = new Answers(part(host, 'answers'));
    this.#overview = new MapOverview(part(host, 'overview'), (layer, channel) =>
      this.#choose(layer, channel),
    );
    this.#detail = new Detail(part(host, 'detail'), announcer, (pixel) => {
      this.#settings.set({ pixel });
      this.#show();
    });
    this.#tables = new StatisticsTables(part(host, 'detail'));
    this.#slow = new SlowMotion(part(host, 'slow'), (message) => announcer.say(message));
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#train(steps),
      ready: () => this.#open !== undefined,
      onChange: (playing) => {
        this.#transport.showPlaying(playing);
        this.#saveSteps();
      },
    });
    this.#transport = new Transport(part(host, 'transport'), {
      toggle: () => this.#player.toggle(),
      step: () => this.#stepOnce(),
      reset: () => this.#restart({}),
      newSeed: () => this.#restart({ seed: anotherSeed(this.#settings.values.seed) }),
    });
    this.keys = this.#transport.keys;
    this.#listen();
    this.#controls.showRange(range);
    darkMode.addEventListener('change', () => this.#show());
  }

  start(): void {
    this.#showSettings();
    this.#rebuild();
  }

  async code(): Promise<string> {
    await this.#work;
    const open = this.#open;
    if (!open) return '<!-- There is no network: the section says why. -->';
    const { mode, layer, channel, pixel } = this.#settings.values;
    const state = await open.network.getState();
    return lookCode({ state, batch: this.#batch, mode, layer, channel, pixel });
  }

  #listen(): void {
    const { host } = this;
    const click = (name: string, action: () => void) =>
      part(host, name).addEventListener('click', action);
    click('undo', () => this.#board.undo());
    click('clear', () => this.#board.clear());
    click('more-images', () => {
      const count = this.#open?.test.count ?? 500;
      const first = 10 * Math.floor(this.#settings.values.image / 10);
      this.#take((first + 10) % count);
    });
    click('company', () => {
      this.#set({ company: anotherSeed(this.#settings.values.company) });
    });
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="look-mode"]')) {
      radio.addEventListener('change', () => {
        this.#set({ mode: radio.value as Mode });
      });
    }
    const slider = part<HTMLInputElement>(host, 'batch');
    slider.addEventListener('input', () => this.#set({ batch: batchSizes[Number(slider.value)] }));
    const start = part<HTMLSelectElement>(host, 'start');
    start.addEventListener('change', () =>
      this.#restart({ start: settings.start.parse(start.value) }),
    );
    part(host, 'all-channels').addEventListener('toggle', () => this.#show());
  }

  #followLink(): void {
    this.#showSettings();
    this.#rebuild();
  }

  /** Changes settings, and looks again unless `now` is false: that is when a pen is still down. */
  #set(patch: Parameters<Settings<typeof settings>['set']>[0], now = true): void {
    // Who draws wants the GPU: whatever plays elsewhere pauses.
    if (!this.#player.playing) this.page.stage.enter(visitor);
    this.#settings.set(patch);
    this.#showSettings(patch.drawing !== undefined);
    if (now) this.#invalidate();
  }

  #take(image: number): void {
    this.#board.drawing = [];
    this.#set({ image, drawing: [] });
  }

  #choose(layer: number, channel: number): void {
    const { values } = this.#settings;
    const { width, height } = watchedLayers[layer].shape;
    // The same place in the picture, where the other layer's maps have another size.
    const from = watchedLayers[values.layer].shape;
    const column = Math.floor((((values.pixel % from.width) + 0.5) * width) / from.width);
    const row = Math.floor(((Math.floor(values.pixel / from.width) + 0.5) * height) / from.height);
    const pixel = Math.min(height - 1, row) * width + column;
    this.#settings.set({ layer, channel, pixel });
    this.#showSettings();
    this.#show();
  }

  /** `drawing`: it comes from the board, which shows it already. */
  #showSettings(drawing = false): void {
    const { values } = this.#settings;
    if (!drawing) this.#board.drawing = values.drawing;
    const drawn = values.drawing.length > 0;
    this.#controls.showMode(values.mode, values.batch, values.layer, drawn);
    const { channels } = watchedLayers[values.layer].shape;
    this.#overview.select(values.layer, Math.min(channels - 1, values.channel));
    const { test } = this.#open ?? {};
    if (!test) return;
    this.#thumbnails.show(test, values.image, drawn ? undefined : values.image);
    setText(
      part(this.host, 'seen-text'),
      drawn
        ? 'Your drawing, scaled and centred by mass as MNIST’s digits are.'
        : `Test image ${values.image + 1} of ${test.count}, not used in training.`,
    );
  }

  /** Opens the network again, at the start that the settings name. */
  #restart(patch: Parameters<Settings<typeof settings>['set']>[0]): void {
    this.#settings.set({ ...patch, steps: 0 });
    this.#rebuild();
  }

  #rebuild(): void {
    const run = ++this.#run;
    this.#player.pause();
    this.page.notice.hide();
    this.#transport.setEnabled(false);
    void this.#queue(async () => {
      if (run !== this.#run) return;
      await this.#close();
      this.#controls.showPhase('Loading the network');
      const { seed, start, steps } = this.#settings.values;
      const [where, test, state] = await Promise.all([
        this.#where(run),
        loadTestDigits(),
        start === 'trained' ? trainedState() : untrainedState(seed),
      ]);
      this.#controls.showPhase('Compiling');
      const network = await compile(digitNetwork(true), { ...where, state });
      const learner = new Learner(network, seed);
      this.#open = { network, test, learner, watcher: new Watcher(network) };
      if (steps > 0 && where.device) {
        this.#controls.showPhase(`Training it for ${steps} steps, as the link says`);
        await learner.advance(steps);
      }
      if (run !== this.#run) return;
      this.#controls.setEnabled(true);
      this.#transport.setEnabled(true);
      this.#showSettings();
      this.#invalidate();
    });
  }

  /** The page's GPU or, where there is none, the CPU and a note that says why. */
  async #where(run: number): Promise<Pick<NetworkOptions, 'device' | 'backend'>> {
    try {
      const device = await this.page.gpu.open();
      this.#device = device;
      void device.lost.then(({ message }) => {
        if (run === this.#run) this.#fail(problemOf('lost', message));
      });
      this.#controls.showCpu('');
      return { device };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.#device = undefined;
      this.#controls.showCpu(error.problem.title);
      return { backend: 'cpu' };
    }
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.watcher.dispose();
    await open?.learner.dispose();
    open?.network.dispose();
  }

  #fail(problem: Problem): void {
    this.#run++;
    this.#open = undefined;
    this.#player.pause();
    this.#controls.showPhase('');
    this.#controls.setEnabled(false);
    this.#transport.setEnabled(false);
    const again = problem.kind === 'lost';
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

  async #train(steps: number): Promise<number> {
    await this.#queue(async () => {
      await this.#open?.learner.advance(steps);
      if (performance.now() - this.#lastLook > lookTime) await this.#takeLook();
    });
    return steps;
  }

  #stepOnce(): void {
    this.#player.pause();
    void this.#queue(async () => {
      await this.#open?.learner.advance(1);
      await this.#takeLook();
      this.#saveSteps();
    });
  }

  /** A link to a network that was trained here trains it as long again. */
  #saveSteps(): void {
    const step = this.#open?.learner.step;
    if (step === undefined || this.#player.playing) return;
    this.#settings.set({ steps: settings.steps.parse(String(step)) });
    this.#invalidate();
  }

  /** Looks as soon as the look before is done. */
  #invalidate(): void {
    this.#stale = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#queue(async () => {
      while (this.#stale) await this.#takeLook();
    }).finally(() => {
      this.#looking = false;
    });
  }

  async #takeLook(): Promise<void> {
    this.#stale = false;
    const open = this.#open;
    if (!open) return;
    const { drawing, image, batch, company } = this.#settings.values;
    const drawn = drawing.length > 0;
    const ink = drawn ? digitOf(drawing) : imageOf(open.test, image);
    paintInk(part(this.host, 'seen'), ink);
    const own = drawn ? undefined : image;
    this.#batch = batchOf(ink, open.test, { batch, company, own });
    this.#look = await open.watcher.look(this.#batch);
    this.#lastLook = performance.now();
    this.#controls.showPhase('');
    this.#show();
    this.#say(drawn);
  }

  #show(): void {
    const look = this.#look;
    const open = this.#open;
    if (!look || !open) return;
    const { values } = this.#settings;
    const { mode, batch, seed, start } = values;
    const reading = look[mode];
    const { layers } = reading;
    const layer = layers[values.layer];
    const { height, width, channels } = layer.before;
    const channelIndex = Math.min(channels - 1, values.channel);
    const pixel = Math.min(height * width - 1, values.pixel);
    const title = `Convolution ${values.layer + 1}, channel ${channelIndex + 1}`;
    const { before, after, gamma, beta } = layer;
    const channel = channelOf(layer, channelIndex);
    const label = values.drawing.length ? undefined : open.test.labels[values.image];
    this.#answers.show(look, mode, label);
    this.#overview.show(reading, range);
    this.#detail.show({ title, channelIndex, pixel, before, after, channel, range });
    const [own, running] = [look.train, look.eval].map(
      (each) => each.layers[values.layer].statistics,
    );
    const over = `${batch} × ${height} × ${width} values`;
    this.#tables.show({
      title,
      selected: channelIndex,
      mode,
      batch: own,
      running,
      gamma,
      beta,
      over,
    });
    this.#slow.show({
      before,
      channelIndex,
      channel,
      mode,
      values: batch * height * width,
      running: {
        mean: running.mean[channelIndex],
        variance: running.variance[channelIndex],
      },
      momentum: digitMomentum,
      range,
    });
    this.#controls.showTraining(open.learner.step, open.learner.loss, seed, start);
  }

  /** Tells screen readers the answer, once the pen is up. */
  #say(drawn: boolean): void {
    const { mode } = this.#settings.values;
    const probabilities = this.#look?.[mode].probabilities;
    if (!probabilities || this.#player.playing || !this.host.contains(document.activeElement)) {
      return;
    }
    const best = bestOf(probabilities);
    const what = drawn ? 'Your digit' : 'The digit';
    this.page.announcer.say(`${what} is read as ${best}, ${percent(probabilities[best])} sure`);
  }
}
