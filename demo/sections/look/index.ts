import './look.css';
import { Board } from '../../parts/board';
import { offerToGoOn } from '../../parts/checkpoint';
import { describeError, type Problem, problemOf } from '../../parts/device';
import { darkMode, part, setText } from '../../parts/dom';
import { paintInk } from '../../parts/ink';
import type { Settings } from '../../parts/link';
import type { Mount, Page, Section } from '../../parts/page';
import { openPlace } from '../../parts/place';
import { Player } from '../../parts/player';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { bestOf, percent } from './answers';
import { lookCode } from './code';
import { Companies } from './companies';
import type { Progress } from './learner';
import markup from './look.html?raw';
import { LookView, range } from './look-view';
import { Thumbnails } from './pictures';
import { batchSizes, settings } from './settings';
import { Specimen } from './specimen';
import { LookControls } from './view';
import { type Look, type Mode, watchedLayers } from './watcher';

/** While it trains, looks are this far apart, in milliseconds. */
const lookTime = 150;
/** What to do where an untrained network is lost. */
const remedies = ['Open the network again: your digit and all that you have set are still here.'];
/** Has nothing to pause. */
const visitor = { pause() {} };

type Change = Parameters<Settings<typeof settings>['set']>[0];

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
  readonly #view: LookView;
  readonly #companies: Companies;
  readonly #player: Player;
  readonly #transport: Transport;
  #device?: GPUDevice;
  #specimen?: Specimen;
  /** Where a network goes on that is being opened after a loss. */
  #copied?: Progress;
  #look?: Look;
  /** Whether something has changed since the last look began. */
  #stale = false;
  #looking = false;
  #lastLook = 0;
  /** Which network is open. */
  #opened = '';
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
      // On the CPU a look takes too long to draw along.
      change: (drawing, done) => this.#set({ drawing }, done || this.#device !== undefined),
      say: (message) => announcer.say(message),
    });
    this.#thumbnails = new Thumbnails(part(host, 'thumbs'), (image) => this.#take(image));
    this.#view = new LookView(host, announcer, {
      chooseChannel: (layer, channel) => this.#choose(layer, channel),
      choosePixel: (pixel) => {
        this.#settings.set({ pixel });
        this.#show();
      },
    });
    this.#companies = new Companies(part(host, 'companies'), (message) => announcer.say(message));
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#train(steps),
      ready: () => this.#specimen !== undefined,
      onChange: (playing) => {
        this.#transport.showPlaying(playing);
        if (!playing) this.#saveSteps();
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
  }

  start(): void {
    this.#showSettings();
    this.#rebuild();
  }

  async code(): Promise<string> {
    await this.#work;
    const specimen = this.#specimen;
    if (!specimen) return '<!-- There is no network: the section says why. -->';
    const { mode, layer, channel, pixel } = this.#settings.values;
    const state = await specimen.state();
    return lookCode({ state, batch: specimen.batch, mode, layer, channel, pixel });
  }

  #listen(): void {
    const { host } = this;
    const click = (name: string, action: () => void) =>
      part(host, name).addEventListener('click', action);
    click('undo', () => this.#board.undo());
    click('clear', () => this.#board.clear());
    click('more-images', () => {
      const { image } = this.#settings.values;
      const count = this.#specimen?.test.count ?? 1;
      this.#take((10 * Math.floor(image / 10) + 10) % count);
    });
    click('company', () => {
      this.#set({ company: anotherSeed(this.#settings.values.company) });
    });
    click('try-companies', () => this.#tryCompanies());
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="look-mode"]')) {
      radio.addEventListener('change', () => this.#set({ mode: radio.value as Mode }));
    }
    const slider = part<HTMLInputElement>(host, 'batch');
    slider.addEventListener('input', () => this.#set({ batch: batchSizes[Number(slider.value)] }));
    const start = part<HTMLSelectElement>(host, 'start');
    start.addEventListener('change', () =>
      this.#restart({ start: settings.start.parse(start.value) }),
    );
    part(host, 'all-channels').addEventListener('toggle', () => this.#show());
    darkMode.addEventListener('change', () => this.#show());
  }

  #followLink(): void {
    this.#companies.clear();
    this.#showSettings();
    // Another image or mode needs no other network.
    if (this.#specimen && this.#opened === this.#networkWanted) this.#invalidate();
    else this.#rebuild();
  }

  get #networkWanted(): string {
    const { start, seed, steps } = this.#settings.values;
    return `${start} ${seed} ${steps}`;
  }

  /** Changes settings, and looks again unless `now` is false. */
  #set(change: Change, now = true): void {
    // Who draws wants the GPU: whatever plays elsewhere pauses.
    if (!this.#player.playing) this.page.stage.enter(visitor);
    if (change.drawing || change.image !== undefined) this.#companies.clear();
    this.#settings.set(change);
    this.#showSettings(change.drawing !== undefined);
    if (now) this.#invalidate();
  }

  #take(image: number): void {
    this.#board.drawing = [];
    this.#set({ image, drawing: [] });
  }

  #choose(layer: number, channel: number): void {
    const { values } = this.#settings;
    const [from, to] = [watchedLayers[values.layer].shape, watchedLayers[layer].shape];
    // The same place in the picture, where the other layer's maps have another size.
    const place = (at: number, size: number, newSize: number) =>
      Math.min(newSize - 1, Math.floor(((at + 0.5) * newSize) / size));
    const column = place(values.pixel % from.width, from.width, to.width);
    const row = place(Math.floor(values.pixel / from.width), from.height, to.height);
    this.#settings.set({ layer, channel, pixel: row * to.width + column });
    this.#showSettings(true);
    this.#show();
  }

  /** `drawn`: the board shows the drawing already. */
  #showSettings(drawn = false): void {
    const { values } = this.#settings;
    if (!drawn) this.#board.drawing = values.drawing;
    const own = values.drawing.length > 0;
    this.#controls.showMode(values.mode, values.batch, values.layer, own);
    this.#view.select(values);
    const { test } = this.#specimen ?? {};
    if (!test) return;
    this.#thumbnails.show(test, values.image, own ? undefined : values.image);
    setText(
      part(this.host, 'seen-text'),
      own
        ? 'Your drawing, scaled and centred by mass as MNIST’s digits are.'
        : `Test image ${values.image + 1} of ${test.count}, not used in training.`,
    );
  }

  /** Opens the network again, at the start that the settings name. */
  #restart(change: Change): void {
    this.#settings.set({ ...change, steps: 0 });
    this.#rebuild();
  }

  /** `copied`: goes on from there, its device having been lost. */
  #rebuild(copied?: Progress): void {
    const run = ++this.#run;
    this.#copied = copied;
    if (copied) this.#settings.set({ steps: copied.step });
    else {
      this.#player.pause();
      this.#companies.clear();
    }
    this.page.notice.hide();
    this.#transport.setEnabled(false);
    void this.#queue(async () => {
      if (run !== this.#run) return;
      await this.#close();
      this.#controls.showPhase('Loading the network');
      const { where, device, missing } = await openPlace(this.page.gpu);
      this.#device = device;
      void device?.lost.then(({ message }) => {
        if (run === this.#run) this.#fail(problemOf('lost', message));
      });
      this.#controls.showCpu(missing?.title ?? '');
      const { values } = this.#settings;
      const specimen = await Specimen.open(where, values);
      if (copied) await specimen.learner.resume(copied);
      else if (values.steps > 0 && device) {
        this.#controls.showPhase(`Training it for ${values.steps} steps, as the link says`);
        await specimen.learner.advance(values.steps);
      }
      if (run !== this.#run) return specimen.dispose();
      this.#specimen = specimen;
      this.#opened = this.#networkWanted;
      this.#controls.showPhase('Compiling');
      this.#controls.setEnabled(true);
      this.#transport.setEnabled(true);
      this.#showSettings();
      this.#invalidate();
      this.#player.restart();
    });
  }

  async #close(): Promise<void> {
    const specimen = this.#specimen;
    this.#specimen = undefined;
    await specimen?.dispose();
  }

  #fail(problem: Problem): void {
    this.#run++;
    const lost = problem.kind === 'lost';
    const copied = this.#specimen ? this.#specimen.learner.copied : this.#copied;
    this.#specimen = undefined;
    if (!lost || !copied) this.#player.pause();
    this.#controls.showPhase('');
    this.#controls.setEnabled(false);
    this.#transport.setEnabled(false);
    const { notice } = this.page;
    if (lost && copied) offerToGoOn(notice, problem, copied.step, () => this.#rebuild(copied));
    else if (lost) notice.show({ ...problem, remedies }, () => this.#rebuild(), 'Open it again');
    else notice.show(problem);
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
      await this.#specimen?.learner.advance(steps);
      if (performance.now() - this.#lastLook > lookTime) await this.#takeLook();
    });
    return steps;
  }

  #stepOnce(): void {
    this.#player.pause();
    void this.#queue(async () => {
      await this.#specimen?.learner.advance(1);
      await this.#takeLook();
    }).then(() => this.#saveSteps());
  }

  /** A link to a network that was trained here trains it as long again. */
  #saveSteps(): void {
    const step = this.#specimen?.learner.step;
    if (step === undefined) return;
    this.#companies.clear();
    this.#settings.set({ steps: settings.steps.parse(String(step)) });
    this.#opened = this.#networkWanted;
    this.#invalidate();
  }

  /** Looks as soon as the look before is done. */
  #invalidate(): void {
    this.#stale = true;
    part(this.host, 'answers').setAttribute('aria-busy', 'true');
    if (this.#looking) return;
    this.#looking = true;
    void this.#queue(async () => {
      while (this.#stale) await this.#takeLook();
      this.#say();
    }).finally(() => {
      this.#looking = false;
      part(this.host, 'answers').setAttribute('aria-busy', 'false');
    });
  }

  #tryCompanies(): void {
    void this.#queue(async () => {
      const [look, specimen] = [this.#look, this.#specimen];
      if (!look || !specimen) return;
      const { values } = this.#settings;
      const digit = bestOf(look.eval.probabilities);
      await this.#companies.show(
        digit,
        (batch, company) => specimen.ask(values, batch, company),
        () => !this.#stale && this.#specimen === specimen,
      );
    });
  }

  async #takeLook(): Promise<void> {
    this.#stale = false;
    const specimen = this.#specimen;
    if (!specimen) return;
    const { values } = this.#settings;
    paintInk(part<HTMLCanvasElement>(this.host, 'seen'), specimen.inkOf(values));
    this.#look = await specimen.look(values);
    this.#lastLook = performance.now();
    this.#controls.showPhase('');
    this.#show();
  }

  #show(): void {
    const [look, specimen] = [this.#look, this.#specimen];
    if (!look || !specimen) return;
    const { values } = this.#settings;
    const label = values.drawing.length ? undefined : specimen.test.labels[values.image];
    this.#view.show(look, values, label);
    const { step, loss } = specimen.learner;
    this.#controls.showTraining(step, loss, values.seed, values.start);
  }

  /** Tells screen readers the answer. */
  #say(): void {
    const { mode, drawing } = this.#settings.values;
    const probabilities = this.#look?.[mode].probabilities;
    if (!probabilities || this.#player.playing || !this.host.contains(document.activeElement)) {
      return;
    }
    const best = bestOf(probabilities);
    const what = drawing.length ? 'Your digit' : 'The digit';
    this.page.announcer.say(`${what} is read as ${best}, ${percent(probabilities[best])} sure`);
  }
}
