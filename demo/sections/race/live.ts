import type { Problem } from '../../parts/device';
import type { Digits } from '../../parts/digits';
import type { Gpu } from '../../parts/gpu';
import { Work } from '../../parts/work';
import { Grounds, type Phase } from './grounds';
import { Race } from './race';
import { RunRecorder, type SavedRun } from './saved-run';
import type { RaceSettings } from './settings';

/** What happens to a live race. */
export interface LiveEvents {
  readonly phase: Phase;
  /** The digits that the networks are tested on are there. */
  testDigits(test: Digits): void;
  /** It can take steps from now on. */
  ready(): void;
  /** It has taken steps. */
  advanced(): void;
  failed(problem: Problem): void;
}

/** The race that is run here and now: put on a device, and on another where that is lost. */
export class LiveRace {
  readonly #grounds: Grounds;
  readonly #work: Work;
  #race: Race;
  #recorder: RunRecorder;
  #ready = false;

  /** `settings`: as they are now. */
  constructor(
    gpu: Gpu,
    private readonly settings: () => RaceSettings,
    private readonly events: LiveEvents,
  ) {
    this.#grounds = new Grounds(gpu);
    this.#work = new Work((problem) => {
      this.#ready = false;
      events.failed(problem);
    });
    this.#race = newRace(settings());
    this.#recorder = new RunRecorder(this.#race.scores);
  }

  /** The networks and all that is known of them. */
  get race(): Race {
    return this.#race;
  }

  /** Whether it can take steps. */
  get ready(): boolean {
    return this.#ready;
  }

  /** All digits that come with the page. */
  digits(): ReturnType<Grounds['digits']> {
    return this.#grounds.digits();
  }

  /** Makes all networks anew, at step 0. */
  begin(): void {
    const before = this.#race;
    void this.#work.add(() => before.dispose());
    this.#race = newRace(this.settings());
    this.#recorder = new RunRecorder(this.#race.scores);
    this.goOn();
  }

  /** Puts the race on a device: at its start, or where it was before the last device was lost. */
  goOn(): void {
    this.#ready = false;
    const [race, recorder] = [this.#race, this.#recorder];
    void this.#work.begin(async (signal) => {
      const phase: Phase = (text, share) => {
        if (!signal.aborted) this.events.phase(text, share);
      };
      const { data, make } = await this.#grounds.prepare(race.course, phase);
      this.#work.follow(this.#grounds.device);
      this.events.testDigits(data.test);
      await race.start(make, data, (done, total) =>
        phase(`Compiling the training: ${done} of ${total} kernels`, done / total),
      );
      if (signal.aborted) return race.dispose();
      // The slider may have moved meanwhile.
      race.setLearningRate(this.settings().lr);
      recorder.note();
      this.#ready = true;
      this.events.ready();
    });
  }

  /** From the next start on it trains all the same where there is no GPU, slowly. */
  useCpu(): void {
    this.#grounds.onCpu = true;
  }

  /** At most so many steps; says how many it took. */
  async advance(steps: number): Promise<number> {
    let taken = 0;
    await this.#work.add(async () => {
      if (!this.#ready) return;
      const [race, recorder] = [this.#race, this.#recorder];
      taken = await race.advance(steps);
      recorder.note();
      if (race === this.#race) this.events.advanced();
    });
    return taken;
  }

  /** The run as a file. */
  async save(): Promise<SavedRun> {
    const { train } = await this.#grounds.digits();
    return this.#recorder.save(this.settings(), train.count, this.#grounds.name);
  }
}

function newRace({ net, seed, batch, lanes }: RaceSettings): Race {
  return new Race({ net, seed, batch }, lanes);
}
