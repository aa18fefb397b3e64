import './look.css';
import { offerToGoOn } from '../../parts/checkpoint';
import { afterLoss, type Problem } from '../../parts/device';
import { darkMode, part } from '../../parts/dom';
import type { ValuesOf } from '../../parts/fields';
import type { Settings } from '../../parts/link';
import { mounting, type Page, type Section } from '../../parts/page';
import { openPlace } from '../../parts/place';
import { Player } from '../../parts/player';
import { Repeat } from '../../parts/repeat';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { Work } from '../../parts/work';
import { bestOf, spokenAnswer } from './answers';
import { lookCode } from './code';
import { Companies } from './companies';
import { DigitInput } from './input';
import type { Progress } from './learner';
import markup from './look.html?raw';
import { LookView, range } from './look-view';
import { settings } from './settings';
import { Specimen } from './specimen';
import { LookControls } from './view';
import { type Look, samePlace, watchedLayers } from './watcher';

/** While it trains, looks are this far apart, in milliseconds. */
const lookTime = 150;
/** What to do where an untrained network is lost. */
const remedies = ['Open the network again: your digit and all that you have set are still here.'];
/** Has nothing to pause. */
const visitor = { pause() {} };

type Change = Partial<ValuesOf<typeof settings>>;

/** A digit on its way through a network, before each batch norm and after. */
class LookSection implements Section {
  readonly keys: Section['keys'];
  readonly #settings: Settings<typeof settings>;
  readonly #controls: LookControls;
  readonly #input: DigitInput;
  readonly #view: LookView;
  readonly #companies: Companies;
  readonly #player: Player;
  readonly #transport: Transport;
  #device?: GPUDevice;
  #specimen?: Specimen;
  /** Where a network goes on that is being opened after a loss. */
  #copied?: Progress;
  #look?: Look;
  #lastLook = 0;
  /** Which network is open. */
  #opened = '';
  readonly #work = new Work((problem) => this.#fail(problem));
  readonly #looks = new Repeat(() => this.#work.add(() => this.#takeLook()));

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    const { announcer } = page;
    this.#settings = page.link.settings('look', settings, () => this.#followLink());
    this.#controls = new LookControls(host, {
      set: (change) => this.#set(change),
      restart: (start) => this.#restart({ start }),
      newCompany: () => this.#set({ company: anotherSeed(this.#settings.values.company) }),
      tryCompanies: () => this.#tryCompanies(),
    });
    this.#input = new DigitInput(host, {
      // On the CPU a look takes too long to draw along.
      draw: (drawing, done) => this.#set({ drawing }, done || this.#device !== undefined),
      take: (image) => this.#set({ image, drawing: [] }),
      say: (message) => announcer.say(message),
    });
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
    this.#controls.showRange(range);
    part(host, 'all-channels').addEventListener('toggle', () => this.#show());
    darkMode.addEventListener('change', () => this.#show());
  }

  start(): void {
    this.#showSettings();
    this.#rebuild();
  }

  async code(): Promise<string> {
    await this.#work.done;
    const specimen = this.#specimen;
    if (!specimen) return '<!-- There is no network: the section says why. -->';
    const { mode, layer, channel, pixel } = this.#settings.values;
    const state = await specimen.state();
    return lookCode({ state, batch: specimen.batch, mode, layer, channel, pixel });
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

  #choose(layer: number, channel: number): void {
    const { values } = this.#settings;
    const pixel = samePlace(
      values.pixel,
      watchedLayers[values.layer].shape,
      watchedLayers[layer].shape,
    );
    this.#settings.set({ layer, channel, pixel });
    this.#showSettings(true);
    this.#show();
  }

  /** `drawn`: the board shows the drawing already. */
  #showSettings(drawn = false): void {
    const { values } = this.#settings;
    if (!drawn) this.#input.setDrawing(values.drawing);
    const own = values.drawing.length > 0;
    this.#controls.showMode(values.mode, values.batch, values.layer, own);
    this.#view.select(values);
    if (this.#specimen) this.#input.showChoice(this.#specimen.test, values.image, own);
  }

  /** Opens the network again, at the start that the settings name. */
  #restart(change: Change): void {
    this.#settings.set({ ...change, steps: 0 });
    this.#rebuild();
  }

  /** `copied`: goes on from there, its device having been lost. */
  #rebuild(copied?: Progress): void {
    this.#copied = copied;
    if (copied) this.#settings.set({ steps: copied.step });
    else {
      this.#player.pause();
      this.#companies.clear();
    }
    this.page.notice.hide();
    this.#transport.setEnabled(false);
    void this.#work.begin(async (signal) => {
      await this.#close();
      this.#controls.showPhase('Loading the network');
      const { where, device, missing } = await openPlace(this.page.gpu);
      this.#device = device;
      this.#work.follow(device);
      this.#controls.showCpu(missing?.title ?? '');
      const { values } = this.#settings;
      const specimen = await Specimen.open(where, values);
      if (copied) await specimen.learner.resume(copied);
      else if (values.steps > 0 && device) {
        this.#controls.showPhase(`Training it for ${values.steps} steps, as the link says`);
        await specimen.learner.advance(values.steps);
      }
      if (signal.aborted) return specimen.dispose();
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
    const lost = problem.kind === 'lost';
    const copied = this.#specimen ? this.#specimen.learner.copied : this.#copied;
    this.#specimen = undefined;
    if (!lost || !copied) this.#player.pause();
    this.#controls.showPhase('');
    this.#controls.setEnabled(false);
    this.#transport.setEnabled(false);
    const { notice } = this.page;
    if (lost && copied) offerToGoOn(notice, problem, copied.step, () => this.#rebuild(copied));
    else notice.show(afterLoss(problem, remedies), () => this.#rebuild(), 'Open it again');
  }

  async #train(steps: number): Promise<number> {
    await this.#work.add(async () => {
      await this.#specimen?.learner.advance(steps);
      if (performance.now() - this.#lastLook > lookTime) await this.#takeLook();
    });
    return steps;
  }

  #stepOnce(): void {
    this.#player.pause();
    void this.#work
      .add(async () => {
        await this.#specimen?.learner.advance(1);
        await this.#takeLook();
      })
      .then(() => this.#saveSteps());
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
    this.#companies.stop();
    const answers = part(this.host, 'answers');
    answers.setAttribute('aria-busy', 'true');
    void this.#looks.run().then(() => {
      answers.setAttribute('aria-busy', 'false');
      this.#say();
    });
  }

  #tryCompanies(): void {
    void this.#work.add(async () => {
      const [look, specimen] = [this.#look, this.#specimen];
      if (!look || !specimen) return;
      const { values } = this.#settings;
      await this.#companies.show(bestOf(look.eval.probabilities), (batch, company) =>
        specimen.ask(values, batch, company),
      );
    });
  }

  async #takeLook(): Promise<void> {
    const specimen = this.#specimen;
    if (!specimen) return;
    const { values } = this.#settings;
    this.#input.paint(specimen.inkOf(values));
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
    const look = this.#look;
    if (!look || this.#player.playing || !this.host.contains(document.activeElement)) return;
    this.page.announcer.say(spokenAnswer(look[mode].probabilities, drawing.length > 0));
  }
}

export const mount = mounting(markup, LookSection);
