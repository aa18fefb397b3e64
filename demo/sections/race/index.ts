import './race.css';
import { offerToGoOn } from '../../parts/checkpoint';
import { isWithoutGpu, type Problem } from '../../parts/device';
import { part } from '../../parts/dom';
import { formatRate } from '../../parts/format';
import { Frames } from '../../parts/frames';
import type { Settings } from '../../parts/link';
import { mounting, type Page, type Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { download } from '../../parts/text-dialog';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { statusText } from './cards';
import { raceCode } from './code';
import { LiveRace } from './live';
import { Panel } from './panel';
import type { Preset } from './presets';
import markup from './race.html?raw';
import { RecordedRun } from './recorded';
import type { Scores } from './scores';
import { presetOf, type RaceSettings, settings } from './settings';
import { TriedRuns } from './tried';
import { formatVariants, nameOf, type Variant } from './variants';
import { RaceView } from './view';

/** The race: networks with and without batch norm, trained side by side. */
class RaceSection implements Section {
  readonly keys: Section['keys'];
  readonly #view: RaceView;
  readonly #settings: Settings<typeof settings>;
  readonly #player: Player;
  readonly #transport: Transport;
  readonly #panel: Panel;
  readonly #tried: TriedRuns;
  readonly #recorded: RecordedRun;
  readonly #live: LiveRace;
  readonly #frames = new Frames(
    () => this.#draw(),
    () => this.#player.playing || this.#recorded.playing,
  );
  /** What all networks were last said to do. */
  #status = '';

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('race', settings, (opened) => this.#followLink(opened));
    this.#view = new RaceView(host, page, (lanes) => this.#setLanes(lanes));
    this.#live = new LiveRace(page.gpu, () => this.#settings.values, {
      phase: (text, share) => this.#view.showPhase(text, share),
      testDigits: (test) => this.#view.showDigits(test),
      ready: () => this.#showReady(),
      advanced: () => this.#showSteps(),
      failed: (problem) => this.#fail(problem),
    });
    this.#panel = new Panel(host, {
      rate: (rate) => this.#setRate(rate),
      batch: (batch) => this.#change({ batch }),
      choose: (preset) => this.#choose(preset),
    });
    this.#tried = new TriedRuns(host, (tried) => this.#goBack(tried));
    this.#recorded = new RecordedRun(host, () => this.#showRecorded());
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#live.advance(steps),
      ready: () => this.#live.ready,
      onChange: (playing) => this.#showPlaying(playing),
    });
    this.#transport = new Transport(part(host, 'transport'), {
      toggle: () => (this.#recorded.alone ? this.#recorded.toggle() : this.#player.toggle()),
      step: () => this.#stepOnce(),
      reset: () => this.#reset(),
      newSeed: () => this.#newSeed(),
    });
    this.keys = this.#transport.keys;
    part(host, 'use-cpu').addEventListener('click', () => {
      page.announcer.say('Training on the processor');
      this.#live.useCpu();
      this.#rebuild();
    });
    part(host, 'save-run').addEventListener('click', () => void this.#save());
    this.#panel.show(this.#settings.values);
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

  /** A link was opened, or something on the page changed settings by their names. */
  #followLink(opened: boolean): void {
    const { values } = this.#settings;
    const { course, scores } = this.#live.race;
    const sameRace =
      values.net === course.net &&
      values.seed === course.seed &&
      values.batch === course.batch &&
      formatVariants(values.lanes) === formatVariants(scores.variants);
    this.#panel.show(values);
    this.#followPlaying(true);
    // Another rate takes effect in mid-run, as by the slider; a link means a run from its start.
    if (sameRace && !opened) this.#setRate(values.lr);
    else this.#rebuild();
  }

  #setRate(rate: number): void {
    this.#settings.set({ lr: rate });
    this.#live.race.setLearningRate(rate);
    this.page.announcer.say(`Learning rate ${formatRate(rate)}`);
    this.#frames.request();
  }

  #setLanes(lanes: readonly Variant[]): void {
    this.page.announcer.say(lanes.map(nameOf).join('; '));
    this.#change({ lanes });
  }

  #choose(preset: Preset): void {
    this.page.announcer.say(preset.title);
    const { net, lr, batch } = preset;
    const patch = { net, lanes: settings.lanes.parse(preset.lanes), lr, batch };
    if (!this.#recorded.alone) {
      this.#change(patch);
      return;
    }
    this.#settings.set(patch);
    this.#panel.show(this.#settings.values);
    void this.#recorded.show(preset, true);
  }

  #goBack({ paused: _, ...tried }: RaceSettings): void {
    this.page.announcer.say('Back to the start of that run');
    this.#change(tried);
    part(this.host, 'panel').scrollIntoView({ block: 'center' });
  }

  /** Other settings, and a start with them. */
  #change(patch: Partial<RaceSettings>): void {
    this.#settings.set(patch);
    this.#panel.show(this.#settings.values);
    this.#rebuild();
  }

  #followPlaying(wanted: boolean): void {
    if (wanted && !this.#settings.values.paused) this.#player.play();
    else this.#player.pause();
  }

  #showPlaying(playing: boolean): void {
    this.#settings.set({ paused: !playing });
    this.#transport.showPlaying(playing);
    this.page.announcer.say(playing ? 'Playing' : `Paused. ${this.#summary()}`);
    this.#frames.request();
  }

  /** The recorded run moved, began or stopped. */
  #showRecorded(): void {
    if (this.#recorded.alone) this.#transport.showPlaying(this.#recorded.playing);
    this.#frames.request();
  }

  #stepOnce(): void {
    if (this.#recorded.alone) {
      this.#recorded.step();
      return;
    }
    this.#player.pause();
    void this.#live.advance(1).then(() => this.page.announcer.say(this.#summary()));
  }

  #reset(): void {
    if (this.#recorded.alone) {
      this.#recorded.rewind();
      return;
    }
    this.page.announcer.say('Back to the start, same seed');
    this.#rebuild();
  }

  #newSeed(): void {
    if (this.#recorded.alone) return;
    const seed = anotherSeed(this.#settings.values.seed);
    this.page.announcer.say(`New seed ${seed}`);
    this.#change({ seed });
  }

  #summary(): string {
    const { ready, race } = this.#live;
    if (!ready) return '';
    const { scores } = race;
    const lanes = scores.lanes.map(
      (lane) => `${nameOf(lane.variant)}: ${statusText(scores, lane)}`,
    );
    return `Step ${scores.step}. ${lanes.join('; ')}`;
  }

  /** Tells screen readers when a network begins to learn, is stuck or diverges. */
  #sayStatus(scores: Scores): void {
    const status = scores.lanes.map((lane) => scores.statusOf(lane)).join();
    if (status === this.#status) return;
    this.#status = status;
    this.page.announcer.say(this.#summary());
  }

  /** Makes all networks anew, at step 0. */
  #rebuild(): void {
    this.#showStart();
    this.#live.begin();
    const { values } = this.#settings;
    // Until the first live point a recorded run of the same moves, if there is one.
    const preset = presetOf(values);
    if (preset && preset.lr === values.lr && !values.paused) void this.#recorded.show(preset);
    else this.#recorded.hide();
    this.#frames.request();
  }

  #showStart(): void {
    this.page.notice.hide();
    this.#view.setSteerable(true);
  }

  #showReady(): void {
    this.#view.hidePhase();
    this.#transport.setEnabled(true);
    if (!this.#player.playing) this.#recorded.hide();
    this.#frames.request();
    this.#player.restart();
  }

  #showSteps(): void {
    const { scores, over } = this.#live.race;
    // The kernels are compiled with the first step.
    this.#view.hidePhase();
    this.#recorded.hide();
    this.#tried.note(scores, this.#settings.values);
    this.#sayStatus(scores);
    if (over) this.#player.pause();
    this.#frames.request();
  }

  #fail(problem: Problem): void {
    this.#view.hidePhase();
    this.#transport.setEnabled(false);
    const { notice } = this.page;
    const { checkpoint } = this.#live.race;
    if (problem.kind === 'lost' && checkpoint !== undefined) {
      offerToGoOn(notice, problem, checkpoint, () => {
        this.#showStart();
        this.#live.goOn();
      });
      return;
    }
    notice.show(problem, () => this.#rebuild());
    if (isWithoutGpu(problem) || problem.kind === 'no-device') this.#showInstead();
  }

  /** A recorded run in place of a live one. */
  #showInstead(): void {
    this.#view.setSteerable(false);
    const preset = presetOf(this.#settings.values);
    this.#transport.setEnabled(true);
    part<HTMLButtonElement>(this.host, 'new-seed').disabled = true;
    void this.#recorded.show(preset, true);
    void this.#live.digits().then(({ test }) => {
      this.#view.showDigits(test);
      this.#frames.request();
    });
  }

  async #save(): Promise<void> {
    const run = await this.#live.save();
    const name = presetOf(this.#settings.values)?.id ?? 'race';
    download(`${name}.json`, `${JSON.stringify(run)}\n`, 'application/json');
  }

  #draw(): void {
    const playback = this.#recorded.playback;
    const { scores, passes } = playback ?? this.#live.race;
    const seed = playback?.run.seed ?? this.#settings.values.seed;
    this.#view.draw(scores, { seed, speed: playback ? 0 : this.#player.speed, passes });
  }
}

export const mount = mounting(markup, RaceSection);
