import './race.css';
import { describeError, type Problem, problemOf } from '../../parts/device';
import { describeNetwork } from '../../parts/digit-network';
import { type Digits, firstDigits, loadDigits } from '../../parts/digits';
import { part, reducedMotion } from '../../parts/dom';
import { formatRate } from '../../parts/format';
import { isSoftware } from '../../parts/gpu';
import type { Settings } from '../../parts/link';
import { LogSlider } from '../../parts/log-slider';
import type { Mount, Page, Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { anotherSeed, baseRate, rateLimits } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { createTwins } from '../../parts/twin';
import { raceCode } from './code';
import { Race } from './race';
import markup from './race.html?raw';
import { settings } from './settings';
import { laneNames, RaceView, statusText } from './view';

/** A software adapter takes seconds for what a graphics card does in milliseconds. */
const testImages = { hardware: 500, software: 200 } as const;
/** The race: the same network with and without batch norm, trained side by side. */
export const mount: Mount = (host, page) => {
  host.innerHTML = markup;
  const section = new RaceSection(host, page);
  section.start();
  return section;
};

class RaceSection implements Section {
  readonly keys: Section['keys'];
  readonly #view: RaceView;
  readonly #settings: Settings<typeof settings>;
  readonly #player: Player;
  readonly #transport: Transport;
  readonly #slider: LogSlider;
  #digits?: Promise<{ train: Digits; test: Digits }>;
  #device?: GPUDevice;
  #race?: Race;
  /** What both networks were last said to do. */
  #status = '';
  /** Work on the race, one thing after another. */
  #work: Promise<void> = Promise.resolve();
  /** Counts starts, so that what an abandoned one finds out late is ignored. */
  #run = 0;
  #frame = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('race', settings, () => this.#followLink());
    this.#view = new RaceView(host, page);
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#advance(steps),
      ready: () => this.#race !== undefined,
      onChange: (playing) => this.#showPlaying(playing),
    });
    this.#transport = new Transport(part(host, 'transport'), {
      toggle: () => this.#player.toggle(),
      step: () => this.#stepOnce(),
      reset: () => this.#reset(),
      newSeed: () => this.#newSeed(),
    });
    this.keys = this.#transport.keys;
    this.#slider = new LogSlider({
      slider: part(host, 'rate'),
      box: part(host, 'rate-box'),
      ...rateLimits,
      onInput: (rate) => this.#setRate(rate),
    });
    part(host, 'network').textContent = describeNetwork();
    this.#listen();
    this.#showSettings();
  }

  code(): Promise<string> {
    return raceCode(this.#settings.values);
  }

  /** Loads, compiles and, unless the link says otherwise, plays. */
  start(): void {
    const { at } = this.page.link;
    // Who came for another section is spared this one's work.
    this.#followPlaying(at === undefined || at === 'race');
    this.#rebuild();
  }

  #listen(): void {
    const { host } = this;
    for (const button of host.querySelectorAll<HTMLButtonElement>('[data-multiple]')) {
      button.addEventListener('click', () => {
        const rate = baseRate * Number(button.dataset.multiple);
        this.#slider.set(rate);
        this.#setRate(rate);
      });
    }
    const batch = part<HTMLSelectElement>(host, 'batch');
    batch.addEventListener('change', () => {
      this.#settings.set({ batch: settings.batch.parse(batch.value) });
      this.#rebuild();
    });
  }

  #followLink(): void {
    this.#showSettings();
    this.#followPlaying(true);
    this.#rebuild();
  }

  #showSettings(): void {
    const { lr, batch } = this.#settings.values;
    this.#slider.set(lr);
    part<HTMLSelectElement>(this.host, 'batch').value = String(batch);
    this.#showMultiple(lr);
  }

  #showMultiple(rate: number): void {
    for (const button of this.host.querySelectorAll<HTMLButtonElement>('[data-multiple]')) {
      const pressed = formatRate(baseRate * Number(button.dataset.multiple)) === formatRate(rate);
      button.setAttribute('aria-pressed', String(pressed));
    }
  }

  #setRate(rate: number): void {
    this.#settings.set({ lr: rate });
    this.#race?.setLearningRate(rate);
    this.#showMultiple(rate);
    this.page.announcer.say(`Learning rate ${formatRate(rate)}`);
    this.#invalidate();
  }

  #followPlaying(wanted: boolean): void {
    if (wanted && !this.#settings.values.paused) this.#player.play();
    else this.#player.pause();
  }

  #showPlaying(playing: boolean): void {
    this.#settings.set({ paused: !playing });
    this.#transport.showPlaying(playing);
    this.page.announcer.say(playing ? 'Playing' : `Paused. ${this.#summary()}`);
    this.#invalidate();
  }

  #stepOnce(): void {
    this.#player.pause();
    this.#do(async (race) => {
      await race.advance(1);
      this.page.announcer.say(this.#summary());
    });
  }

  #reset(): void {
    this.page.announcer.say('Back to the start, same seed');
    this.#rebuild();
  }

  #newSeed(): void {
    const seed = anotherSeed(this.#settings.values.seed);
    this.#settings.set({ seed });
    this.page.announcer.say(`New seed ${seed}`);
    this.#rebuild();
  }

  #summary(): string {
    const race = this.#race;
    if (!race) return '';
    const lanes = race.lanes.map((lane, k) => `${laneNames[k]}: ${statusText(race, lane)}`);
    return `Step ${race.step}. ${lanes.join('; ')}`;
  }

  /** Tells screen readers when a network begins to learn, is stuck or diverges. */
  #sayStatus(race: Race): void {
    const status = race.lanes.map((lane) => race.statusOf(lane)).join();
    if (status === this.#status) return;
    this.#status = status;
    this.page.announcer.say(this.#summary());
  }

  /** Makes both networks anew, at step 0. */
  #rebuild(): void {
    const run = ++this.#run;
    const current = () => run === this.#run;
    const { page } = this;
    page.notice.hide();
    this.#view.setUsable(true);
    this.#queue(async () => {
      if (!current()) return;
      await this.#race?.dispose();
      this.#race = undefined;
      const { lr, seed, batch } = this.#settings.values;
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
      this.#digits ??= loadDigits();
      const { train, test: all } = await this.#digits;
      const software = isSoftware(device);
      const test = firstDigits(all, software ? testImages.software : testImages.hardware);
      this.#view.showDigits(test);
      phase('Compiling the networks');
      const twins = await createTwins(device, { train, test, seed, batch }, (done, total) =>
        phase(`Compiling the training: ${done} of ${total} kernels`, done / total),
      );
      const race = new Race(twins, { train, test, batch }, lr);
      await race.evaluate();
      if (!current()) return race.dispose();
      // The slider may have moved meanwhile.
      race.setLearningRate(this.#settings.values.lr);
      this.#race = race;
      this.#view.hidePhase();
      this.#transport.setEnabled(true);
      this.#invalidate();
      this.#player.restart();
    });
  }

  #fail(problem: Problem): void {
    this.#run++;
    this.#race = undefined;
    this.#view.hidePhase();
    this.#transport.setEnabled(false);
    this.#view.setUsable(false);
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

  #do(task: (race: Race) => Promise<unknown>): Promise<void> {
    return this.#queue(async () => {
      const race = this.#race;
      if (!race) return;
      await task(race);
      this.#view.hidePhase();
      this.#invalidate();
    });
  }

  async #advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#do(async (race) => {
      taken = await race.advance(steps);
      this.#sayStatus(race);
      if (race.lanes.every(({ divergedAt }) => divergedAt)) this.#player.pause();
    });
    return taken;
  }

  /** Draws with the next frame, or once a second where motion is unwelcome. */
  #invalidate(): void {
    if (this.#frame) return;
    const draw = () => {
      this.#frame = 0;
      const race = this.#race;
      if (!race) return;
      this.#view.draw(race, this.#settings.values.seed, this.#player.speed);
    };
    const calm = reducedMotion.matches && this.#player.playing;
    this.#frame = calm ? window.setTimeout(draw, 1000) : requestAnimationFrame(draw);
  }
}
