import './race.css';
import { offerToGoOn } from '../../parts/checkpoint';
import { describeError, type Problem, problemOf } from '../../parts/device';
import { part, reducedMotion } from '../../parts/dom';
import { formatRate } from '../../parts/format';
import type { Settings } from '../../parts/link';
import type { Mount, Page, Section } from '../../parts/page';
import { Player } from '../../parts/player';
import { download } from '../../parts/text-dialog';
import { anotherSeed } from '../../parts/training-settings';
import { Transport } from '../../parts/transport';
import { statusText } from './cards';
import { raceCode } from './code';
import { Grounds, type Phase } from './grounds';
import { Panel } from './panel';
import type { Preset } from './presets';
import { Race } from './race';
import markup from './race.html?raw';
import { RecordedRun } from './recorded';
import { RunRecorder } from './saved-run';
import type { Scores } from './scores';
import { presetOf, type RaceSettings, settings } from './settings';
import { TriedRuns } from './tried';
import { formatVariants, nameOf, type Variant } from './variants';
import { RaceView } from './view';

/** Why there is nothing to train on at all. */
const withoutGpu: readonly Problem['kind'][] = ['no-api', 'insecure', 'no-adapter', 'no-device'];

/** The race: networks with and without batch norm, trained side by side. */
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
  readonly #panel: Panel;
  readonly #grounds: Grounds;
  readonly #tried: TriedRuns;
  readonly #recorded: RecordedRun;
  #race: Race;
  #recorder: RunRecorder;
  /** Whether the race can take steps. */
  #ready = false;
  /** What all networks were last said to do. */
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
    this.#settings = page.link.settings('race', settings, (opened) => this.#followLink(opened));
    this.#race = this.#newRace();
    this.#recorder = new RunRecorder(this.#race.scores);
    this.#view = new RaceView(host, page, (lanes) => this.#setLanes(lanes));
    this.#grounds = new Grounds(page.gpu, (message) => this.#fail(problemOf('lost', message)));
    this.#panel = new Panel(host, {
      rate: (rate) => this.#setRate(rate),
      batch: (batch) => this.#change({ batch }),
      choose: (preset) => this.#choose(preset),
    });
    this.#tried = new TriedRuns(host, (tried) => this.#goBack(tried));
    this.#recorded = new RecordedRun(host, () => this.#showRecorded());
    this.#player = new Player({
      stage: page.stage,
      advance: (steps) => this.#advance(steps),
      ready: () => this.#ready,
      onChange: (playing) => this.#showPlaying(playing),
    });
    this.#transport = new Transport(part(host, 'transport'), {
      toggle: () => (this.#recorded.alone ? this.#recorded.toggle() : this.#player.toggle()),
      step: () => this.#stepOnce(),
      reset: () => this.#reset(),
      newSeed: () => this.#newSeed(),
    });
    this.keys = this.#transport.keys;
    part(host, 'use-cpu').addEventListener('click', () => this.#useCpu());
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

  #newRace(): Race {
    const { net, seed, batch, lanes } = this.#settings.values;
    return new Race({ net, seed, batch }, lanes);
  }

  /** A link was opened, or something on the page changed settings by their names. */
  #followLink(opened: boolean): void {
    const { values } = this.#settings;
    const { course, scores } = this.#race;
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
    this.#race.setLearningRate(rate);
    this.page.announcer.say(`Learning rate ${formatRate(rate)}`);
    this.#invalidate();
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
    this.#invalidate();
  }

  /** The recorded run moved, began or stopped. */
  #showRecorded(): void {
    if (this.#recorded.alone) this.#transport.showPlaying(this.#recorded.playing);
    this.#invalidate();
  }

  #stepOnce(): void {
    if (this.#recorded.alone) {
      this.#recorded.step();
      return;
    }
    this.#player.pause();
    void this.#do(async (race) => {
      await race.advance(1);
      this.#recorder.note();
      this.page.announcer.say(this.#summary());
    });
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
    const { scores } = this.#race;
    if (!this.#ready) return '';
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
    const { values } = this.#settings;
    const before = this.#race;
    this.#queue(() => before.dispose());
    this.#race = this.#newRace();
    this.#recorder = new RunRecorder(this.#race.scores);
    this.#open();
    // Until the first live point a recorded run of the same moves, if there is one.
    const preset = presetOf(values);
    if (preset && preset.lr === values.lr && !values.paused) void this.#recorded.show(preset);
    else this.#recorded.hide();
    this.#invalidate();
  }

  /** Puts the race on a device: at its start, or where it was before the last device was lost. */
  #open(): void {
    const run = ++this.#run;
    const current = () => run === this.#run;
    const { page } = this;
    const race = this.#race;
    this.#ready = false;
    page.notice.hide();
    this.#view.setSteerable(true);
    this.#queue(async () => {
      if (!current()) return;
      const phase: Phase = (text, share) => {
        if (current()) this.#view.showPhase(text, share);
      };
      const { data, make } = await this.#grounds.prepare(race.course, phase);
      this.#view.showDigits(data.test);
      await race.start(make, data, (done, total) =>
        phase(`Compiling the training: ${done} of ${total} kernels`, done / total),
      );
      if (!current()) return race.dispose();
      // The slider may have moved meanwhile.
      race.setLearningRate(this.#settings.values.lr);
      this.#recorder.note();
      this.#ready = true;
      this.#view.hidePhase();
      this.#transport.setEnabled(true);
      if (!this.#player.playing) this.#recorded.hide();
      this.#invalidate();
      this.#player.restart();
    });
  }

  /** Trains all the same, slowly. */
  #useCpu(): void {
    this.#grounds.onCpu = true;
    this.page.announcer.say('Training on the processor');
    this.#rebuild();
  }

  #fail(problem: Problem): void {
    this.#run++;
    this.#ready = false;
    this.#grounds.device = undefined;
    this.#view.hidePhase();
    this.#transport.setEnabled(false);
    const { notice } = this.page;
    const { checkpoint } = this.#race;
    if (problem.kind === 'lost' && checkpoint !== undefined) {
      offerToGoOn(notice, problem, checkpoint, () => this.#open());
      return;
    }
    const again = problem.kind === 'lost' || problem.kind === 'no-device';
    notice.show(problem, again ? () => this.#rebuild() : undefined);
    if (withoutGpu.includes(problem.kind)) this.#showInstead();
  }

  /** A recorded run in place of a live one. */
  #showInstead(): void {
    this.#view.setSteerable(false);
    const preset = presetOf(this.#settings.values);
    this.#transport.setEnabled(true);
    part<HTMLButtonElement>(this.host, 'new-seed').disabled = true;
    void this.#recorded.show(preset, true);
    void this.#grounds.digits().then(({ test }) => {
      this.#view.showDigits(test);
      this.#invalidate();
    });
  }

  #queue(task: () => Promise<void>): Promise<void> {
    const run = this.#run;
    const { device } = this.#grounds;
    this.#work = this.#work.then(task).catch(async (error) => {
      const problem = await describeError(error, device ?? this.#grounds.device);
      // A lost device makes all that was under way fail; it is reported once.
      if (run === this.#run) this.#fail(problem);
    });
    return this.#work;
  }

  #do(task: (race: Race) => Promise<unknown>): Promise<void> {
    return this.#queue(async () => {
      if (!this.#ready) return;
      await task(this.#race);
      // The kernels are compiled with the first step.
      this.#view.hidePhase();
      this.#recorded.hide();
      this.#invalidate();
    });
  }

  async #advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#do(async (race) => {
      taken = await race.advance(steps);
      const { scores } = race;
      this.#recorder.note();
      this.#tried.note(scores, this.#settings.values);
      this.#sayStatus(scores);
      if (race.over) this.#player.pause();
    });
    return taken;
  }

  async #save(): Promise<void> {
    const { train } = await this.#grounds.digits();
    const { values } = this.#settings;
    const run = this.#recorder.save(values, train.count, this.#grounds.name);
    const name = presetOf(values)?.id ?? 'race';
    download(`${name}.json`, `${JSON.stringify(run)}\n`, 'application/json');
  }

  /** Draws with the next frame, or once a second where motion is unwelcome. */
  #invalidate(): void {
    if (this.#frame) return;
    const draw = () => {
      this.#frame = 0;
      const playback = this.#recorded.playback;
      const { values } = this.#settings;
      const { scores, passes } = playback ?? this.#race;
      const seed = playback?.run.seed ?? values.seed;
      this.#view.draw(scores, { seed, speed: playback ? 0 : this.#player.speed, passes });
    };
    const calm = reducedMotion.matches && (this.#player.playing || this.#recorded.playing);
    this.#frame = calm ? window.setTimeout(draw, 1000) : requestAnimationFrame(draw);
  }
}
