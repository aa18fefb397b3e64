import './race.css';
import { describeError, type Problem, problemOf } from '../../parts/device';
import { part, reducedMotion } from '../../parts/dom';
import { formatRate } from '../../parts/format';
import { isSoftware } from '../../parts/gpu';
import { LogSlider } from '../../parts/log-slider';
import type { Page } from '../../parts/page';
import { addShortcuts } from '../../parts/shortcuts';
import { UrlState } from '../../parts/url-state';
import { type Digits, firstDigits, loadDigits } from './data';
import { describeNetwork } from './network';
import { Race } from './race';
import markup from './race.html?raw';
import { anotherSeed, baseRate, rateLimits, settings } from './settings';
import { createTwins } from './twin';
import { laneNames, RaceView, statusText } from './view';

/** A software adapter takes seconds for what a graphics card does in milliseconds. */
const testImages = { hardware: 500, software: 200 } as const;
/** Steps between two looks at the controls, in milliseconds of work: short enough for every frame. */
const chunkTime = 12;
const longestChunk = 16;

/** The race: the same network with and without batch norm, trained side by side. */
export function mountRace(host: HTMLElement, page: Page): void {
  host.innerHTML = markup;
  new RaceSection(host, page).start();
}

class RaceSection {
  readonly #view: RaceView;
  readonly #url = new UrlState(settings, () => this.#followLink());
  readonly #slider: LogSlider;
  #digits?: Promise<{ train: Digits; test: Digits }>;
  #device?: GPUDevice;
  #race?: Race;
  #playing = false;
  /** What both networks were last said to do. */
  #status = '';
  #looping = false;
  #chunk = 1;
  /** Work on the race, one thing after another. */
  #work: Promise<void> = Promise.resolve();
  /** Counts starts, so that what an abandoned one finds out late is ignored. */
  #run = 0;
  #frame = 0;
  /** When which step was reached, over the last seconds. */
  #pace: { time: number; step: number }[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#view = new RaceView(host, page);
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

  /** Loads, compiles and, unless the link says otherwise, plays. */
  start(): void {
    this.#playing = !this.#url.values.paused;
    this.#rebuild();
  }

  #listen(): void {
    const { host } = this;
    const click = (name: string, action: () => void) =>
      part(host, name).addEventListener('click', action);
    const toggle = () => this.#setPlaying(!this.#playing);
    click('play', toggle);
    click('step', () => this.#stepOnce());
    click('reset', () => this.#reset());
    click('new-seed', () => this.#newSeed());
    for (const button of host.querySelectorAll<HTMLButtonElement>('[data-multiple]')) {
      button.addEventListener('click', () => {
        const rate = baseRate * Number(button.dataset.multiple);
        this.#slider.set(rate);
        this.#setRate(rate);
      });
    }
    const batch = part<HTMLSelectElement>(host, 'batch');
    batch.addEventListener('change', () => {
      this.#url.set({ batch: Number(batch.value) });
      this.#rebuild();
    });
    addShortcuts({
      ' ': toggle,
      '.': () => this.#stepOnce(),
      r: () => this.#reset(),
      n: () => this.#newSeed(),
    });
    document.addEventListener('visibilitychange', () => {
      this.#pace = [];
      this.#loop();
    });
  }

  #followLink(): void {
    this.#showSettings();
    this.#playing = !this.#url.values.paused;
    this.#rebuild();
  }

  #showSettings(): void {
    const { lr, batch } = this.#url.values;
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
    this.#url.set({ lr: rate });
    this.#race?.setLearningRate(rate);
    this.#showMultiple(rate);
    this.page.announcer.say(`Learning rate ${formatRate(rate)}`);
    this.#invalidate();
  }

  #setPlaying(playing: boolean): void {
    this.#playing = playing;
    this.#pace = [];
    this.#url.set({ paused: !playing });
    this.#view.showPlaying(playing);
    this.page.announcer.say(playing ? 'Playing' : `Paused. ${this.#summary()}`);
    this.#loop();
    this.#invalidate();
  }

  #stepOnce(): void {
    if (this.#playing) this.#setPlaying(false);
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
    const seed = anotherSeed(this.#url.values.seed);
    this.#url.set({ seed });
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
      const { lr, seed, batch } = this.#url.values;
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
      race.setLearningRate(this.#url.values.lr);
      this.#race = race;
      this.#pace = [];
      this.#chunk = 1;
      this.#view.hidePhase();
      this.#view.setEnabled(true);
      this.#view.showPlaying(this.#playing);
      this.#invalidate();
      this.#loop();
    });
  }

  #fail(problem: Problem): void {
    this.#run++;
    this.#race = undefined;
    this.#view.hidePhase();
    this.#view.setEnabled(false);
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

  /** Trains while it plays and can be seen; there is one loop at most. */
  async #loop(): Promise<void> {
    if (this.#looping) return;
    this.#looping = true;
    while (this.#playing && this.#race && !document.hidden) {
      await this.#do(async (race) => {
        const before = performance.now();
        const steps = await race.advance(this.#chunk);
        const time = performance.now() - before;
        this.#chunk = Math.min(longestChunk, Math.max(1, Math.round((chunkTime * steps) / time)));
        this.#pace.push({ time: performance.now(), step: race.step });
        if (this.#pace.length > 400 || time * this.#pace.length > 4000) this.#pace.shift();
        this.#sayStatus(race);
        if (race.lanes.every(({ divergedAt }) => divergedAt)) this.#setPlaying(false);
      });
    }
    this.#looping = false;
  }

  #speed(): number {
    const [first, last] = [this.#pace[0], this.#pace.at(-1)];
    if (!first || !last || last.time <= first.time) return 0;
    return (1000 * (last.step - first.step)) / (last.time - first.time);
  }

  /** Draws with the next frame, or once a second where motion is unwelcome. */
  #invalidate(): void {
    if (this.#frame) return;
    const draw = () => {
      this.#frame = 0;
      const race = this.#race;
      if (!race) return;
      this.#view.draw(race, this.#url.values.seed, this.#playing ? this.#speed() : 0);
    };
    const calm = reducedMotion.matches && this.#playing;
    this.#frame = calm ? window.setTimeout(draw, 1000) : requestAnimationFrame(draw);
  }
}
