import { part, setHidden, setText } from '../../parts/dom';
import { formatRate } from '../../parts/format';
import type { Preset } from './presets';
import { originOf, recordingOf } from './recordings';
import { Replay } from './replay';
import { Playback } from './saved-run';

/** The recorded run that moves until there is a live one, or in its place. */
export class RecordedRun {
  #replay?: Replay;
  #alone = false;
  /** Counts wishes: only the last is granted. */
  #wish = 0;

  /** `onChange`: it moved, began or stopped. */
  constructor(
    private readonly host: HTMLElement,
    private readonly onChange: () => void,
  ) {
    this.#scrub.addEventListener('input', () => {
      // Pausing shows where it is: what was asked for is read before.
      const step = Number(this.#scrub.value);
      this.#replay?.pause();
      this.#replay?.seek(step);
    });
  }

  /** Whether it stands in for a live run that cannot be had, and is steered. */
  get alone(): boolean {
    return this.#alone;
  }

  get playing(): boolean {
    return this.#replay?.playing ?? false;
  }

  /** Undefined where no recorded run is shown. */
  get playback(): Playback | undefined {
    return this.#replay?.playback;
  }

  /** Plays the recorded run of an experiment, without one of the first. */
  async show(preset: Preset | undefined, alone = false): Promise<void> {
    const wish = ++this.#wish;
    this.#alone = alone;
    const run = (await recordingOf(preset)) ?? (alone ? await recordingOf() : undefined);
    if (wish !== this.#wish || !run) return;
    this.#replay?.pause();
    this.#replay = new Replay(new Playback(run), () => this.#moved());
    const rates = run.rates.map(({ step, rate }) =>
      step ? `${formatRate(rate)} from step ${step}` : `rate ${formatRate(rate)}`,
    );
    const follows = alone ? '' : ' Yours follows as soon as it is ready.';
    setText(
      part(this.host, 'recorded-text'),
      `on ${originOf(run)}; ${rates.join(', ')}.${follows}`,
    );
    setHidden(part(this.host, 'recorded'), false);
    setHidden(part(this.host, 'instead'), !alone);
    this.#scrub.max = String(this.#replay.playback.length);
    this.#replay.play();
  }

  hide(): void {
    this.#wish++;
    this.#alone = false;
    if (!this.#replay) return;
    const replay = this.#replay;
    this.#replay = undefined;
    replay.pause();
    setHidden(part(this.host, 'recorded'), true);
  }

  toggle(): void {
    this.#replay?.toggle();
  }

  step(): void {
    this.#replay?.pause();
    this.#replay?.seek(this.#replay.playback.step + 1);
  }

  rewind(): void {
    this.#replay?.seek(0);
  }

  get #scrub(): HTMLInputElement {
    return part<HTMLInputElement>(this.host, 'scrub');
  }

  #moved(): void {
    const step = this.#replay?.playback.step ?? 0;
    this.#scrub.value = String(step);
    this.#scrub.setAttribute('aria-valuetext', `step ${step}`);
    this.onChange();
  }
}
