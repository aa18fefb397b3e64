import { part } from '../../parts/dom';
import { isSoftware } from '../../parts/gpu';
import type { Settings } from '../../parts/link';
import type { Page } from '../../parts/page';
import { openPlace } from '../../parts/place';
import type { Work } from '../../parts/work';
import { formatAmount, type OpenModel } from './opened';
import { PreprocessControls } from './preprocess-controls';
import { ProfileView } from './profile-view';
import type { ProgressRow } from './progress';
import { Results } from './results';
import { RunLoop } from './run-loop';
import { type RunInputs, Runner } from './runner';
import type { ModelSettings } from './settings';
import { Sources } from './sources';
import type { Summary } from './summary';
import { timeByLayer } from './timing';

/** A software adapter takes seconds for what a graphics card does in milliseconds. */
const timedRuns = { hardware: 20, software: 3 } as const;

export interface TrialOptions {
  readonly host: HTMLElement;
  readonly page: Page;
  readonly settings: Settings<ModelSettings>;
  readonly work: Work;
  readonly progress: ProgressRow;
  readonly summary: Summary;
  /** The camera is on: it wants the GPU for itself. */
  live(): void;
  /** Pictures to run on were chosen. */
  pictures(files: readonly File[]): void;
}

/** The model that is open, at work: compiled, run on what there is, and timed. */
export class Trial {
  readonly sources: Sources;
  readonly #controls: PreprocessControls;
  readonly #results: Results;
  readonly #loop: RunLoop;
  readonly #profile: ProfileView;
  #runner?: Runner;

  constructor(private readonly options: TrialOptions) {
    const { host, page, settings, live, pictures } = options;
    this.#controls = new PreprocessControls(host, settings, () => void this.run());
    this.#results = new Results(host);
    this.#profile = new ProfileView(host, page);
    this.sources = new Sources(host, page, {
      change: () => void this.run(),
      select: (source) => {
        settings.set({ source });
        this.follow();
      },
      live: (on) => {
        if (!on) return;
        live();
        void this.run();
      },
      pictures,
    });
    this.#loop = new RunLoop({
      sources: this.sources,
      results: this.#results,
      runner: () => this.#runner,
      how: () => settings.values,
      say: (message) => page.announcer.say(message),
    });
    part(host, 'run').addEventListener('click', () => void this.run(true));
    this.show();
  }

  /** Whether there is a model that can be run. */
  get ready(): boolean {
    return this.#runner !== undefined;
  }

  show(): void {
    this.#controls.show();
    this.sources.show(this.options.settings.values.source);
  }

  /** The settings have changed. */
  follow(): void {
    this.show();
    void this.run();
  }

  /** What the classes are called. */
  setLabels(labels?: readonly string[]): void {
    this.#results.setLabels(labels);
  }

  /** Gives up the model before for this one, which is not compiled yet. */
  open(opened: OpenModel): void {
    this.close();
    this.sources.open(opened);
    this.show();
  }

  /** Compiles a model, runs it once, and once more without folding. */
  async compile(opened: OpenModel, signal: AbortSignal): Promise<void> {
    const { host, page, work, progress, summary } = this.options;
    const note = part(host, 'run-note');
    note.textContent = '';
    progress.show('Opening the graphics device');
    const { device, missing } = await openPlace(page.gpu);
    signal.throwIfAborted();
    work.follow(device);
    if (missing) {
      note.textContent = `${missing.title}: small models run on the CPU reference instead.`;
    }
    progress.show('Compiling');
    const runner = await Runner.create(opened, device, (done, total) => {
      if (!signal.aborted) progress.show(`Compiling: ${done} of ${total} kernels`, done / total);
    });
    if (signal.aborted) runner?.dispose();
    signal.throwIfAborted();
    this.#runner = runner;
    this.#showReady();
    if (!runner) {
      note.textContent += ` It takes ${formatAmount(opened.flops)} operations, too many for the CPU. Looking into it and writing it again work.`;
      return;
    }
    progress.show('First run');
    await this.run();
    signal.throwIfAborted();
    if (!opened.layers.some(({ fold }) => fold?.folds)) return;
    progress.show('Comparing it with and without folding');
    const difference = await runner.foldingDifference(await this.#inputs());
    if (!signal.aborted) summary.showDifference(difference);
  }

  /** `aloud`: the answer is read to screen readers too. */
  run(aloud = false): Promise<void> {
    return this.options.work.beside(() => this.#loop.run(aloud));
  }

  /** Times the model that is compiled. */
  async measure({ file }: OpenModel, signal: AbortSignal): Promise<void> {
    const { page, summary } = this.options;
    const runner = this.#runner;
    if (!runner) return;
    this.sources.stop();
    const { device } = runner;
    const runs = !device || isSoftware(device) ? timedRuns.software : timedRuns.hardware;
    const timing = await runner.time(await this.#inputs(), runs);
    if (signal.aborted) return;
    summary.showTimes(timeByLayer(timing.rows));
    this.#profile.show(timing, file, device !== undefined);
    page.announcer.say(`Measured: ${timing.rows.length} rows`);
  }

  /** Gives up what was compiled. */
  close(): void {
    this.#runner?.dispose();
    this.#runner = undefined;
    this.sources.stop();
    this.#results.clear();
    this.#profile.clear();
    this.options.summary.showTimes(undefined);
    this.#showReady();
  }

  async #inputs(): Promise<RunInputs> {
    const { values } = this.options.settings;
    return (await this.sources.inputs(values)) ?? this.sources.random();
  }

  #showReady(): void {
    for (const name of ['run', 'measure']) {
      part<HTMLButtonElement>(this.options.host, name).disabled = !this.#runner;
    }
  }
}
