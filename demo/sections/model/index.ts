import './model.css';
import { BatchNormError, DeviceLostError } from 'webgpu-batchnorm';
import { describeError, type Problem, ProblemError, problemOf } from '../../parts/device';
import { part, setHidden } from '../../parts/dom';
import { isSoftware } from '../../parts/gpu';
import type { Settings } from '../../parts/link';
import type { Mount, Page, Section } from '../../parts/page';
import { modelCode } from './code';
import { digitLabels, exampleFiles, examples } from './examples';
import { Exports } from './exports-view';
import markup from './model.html?raw';
import { foldSummary, formatAmount, type OpenModel, openModel, withWeights } from './opened';
import { arePictures, Opening } from './opening';
import { PreprocessControls } from './preprocess-controls';
import { ProfileView } from './profile-view';
import { ProgressRow } from './progress';
import { Refusal, readModel } from './reader';
import { hideRefusal, showRefusal } from './refusal';
import { Results } from './results';
import { RunLoop } from './run-loop';
import { Runner } from './runner';
import { type ExampleName, type ModelSettings, settings } from './settings';
import { Sources } from './sources';
import { Summary } from './summary';
import { timeByLayer } from './timing';

/** Taken for extents that a file leaves open. */
const firstSize = 224;
/** A software adapter takes seconds for what a graphics card does in milliseconds. */
const timedRuns = { hardware: 20, software: 3 } as const;

/** The visitor's own model: read, looked into, run, timed, and written again. */
export const mount: Mount = (host, page) => {
  host.innerHTML = markup;
  const section = new ModelSection(host, page);
  section.start();
  return section;
};

/** What is under way; a later one takes its place. */
interface Task {
  readonly signal: AbortSignal;
  readonly cancel: () => void;
}

class ModelSection implements Section {
  readonly #settings: Settings<ModelSettings>;
  readonly #opening: Opening;
  readonly #progress: ProgressRow;
  readonly #summary: Summary;
  readonly #controls: PreprocessControls;
  readonly #sources: Sources;
  readonly #results: Results;
  readonly #loop: RunLoop;
  readonly #profile: ProfileView;
  readonly #exports: Exports;
  readonly #performer = { pause: () => this.#sources.stop() };
  #example: '' | ExampleName = '';
  #files: readonly File[] = [];
  #size = firstSize;
  #opened?: OpenModel;
  #runner?: Runner;
  #task?: Task;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    this.#settings = page.link.settings('model', settings, () => this.#followLink());
    this.#opening = new Opening(host, {
      files: (files) => void this.#take(files),
      example: (example) => {
        this.#settings.set({ example });
        this.#enterStage();
        void this.#openExample(example);
      },
    });
    this.#progress = new ProgressRow(host, () => this.#cancel());
    this.#summary = new Summary(host, (size) => {
      this.#size = size;
      void this.#open(this.#files);
    });
    this.#controls = new PreprocessControls(host, this.#settings, () => void this.#run());
    this.#results = new Results(host);
    this.#profile = new ProfileView(host, page);
    this.#exports = new Exports(host, () => this.#opened);
    this.#sources = new Sources(host, page, {
      change: () => void this.#run(),
      select: (source) => {
        this.#settings.set({ source });
        this.#showSettings();
        void this.#run();
      },
      live: (on) => {
        if (!on) return;
        this.#enterStage();
        void this.#run();
      },
    });
    this.#loop = new RunLoop({
      sources: this.#sources,
      results: this.#results,
      runner: () => this.#runner,
      how: () => this.#settings.values,
      say: (message) => page.announcer.say(message),
    });
    this.#listen();
    this.#showSettings();
  }

  start(): void {
    const { example } = this.#settings.values;
    if (example) void this.#openExample(example);
  }

  code(): string {
    const opened = this.#opened;
    const shown = opened
      ? { kind: opened.kind, file: opened.file, name: opened.model.name, port: this.#sources.port }
      : ({ kind: 'onnx', file: 'model.onnx', name: 'model' } as const);
    return modelCode(shown, this.#settings.values);
  }

  #listen(): void {
    const { host } = this;
    const picker = part<HTMLInputElement>(host, 'picture');
    part(host, 'choose-picture').addEventListener('click', () => picker.click());
    picker.addEventListener('change', () => {
      const files = [...(picker.files ?? [])];
      picker.value = '';
      if (files.length) void this.#take(files);
    });
    part(host, 'run').addEventListener('click', () => void this.#run(true));
    part(host, 'measure').addEventListener('click', () => void this.#measure());
    part(host, 'compile').addEventListener('click', () => void this.#compileAgain());
  }

  #followLink(): void {
    this.#showSettings();
    const { example } = this.#settings.values;
    if (example && example !== this.#example) void this.#openExample(example);
    else void this.#run();
  }

  #showSettings(): void {
    this.#controls.show();
    this.#sources.show(this.#settings.values.source);
  }

  /** Who opens a model wants the GPU for it. */
  #enterStage(): void {
    this.page.stage.enter(this.#performer);
  }

  async #take(files: readonly File[]): Promise<void> {
    this.#enterStage();
    if (!arePictures(files)) {
      this.#settings.set({ example: '' });
      this.#size = firstSize;
      return this.#open(files);
    }
    const [{ name }] = files;
    if (!this.#sources.port) {
      const found = this.#opened ? 'a model that takes no picture' : 'a picture without a model';
      const remedy = 'Open a model that takes pictures first.';
      return showRefusal(this.host, name, [
        { where: name, rule: 'a picture is run by the model that is open', found, remedy },
      ]);
    }
    try {
      await this.#sources.take(files[0]);
    } catch {
      const found = 'something that this browser cannot decode';
      return showRefusal(this.host, name, [{ where: name, rule: 'it is a picture', found }]);
    }
    hideRefusal(this.host);
    this.#settings.set({ source: 'picture' });
    this.#showSettings();
    await this.#run();
  }

  #openExample(name: ExampleName): Promise<void> {
    this.#size = firstSize;
    return this.#do(examples[name].title, async (task) => {
      this.#progress.show('Loading the example');
      const files = await exampleFiles(name, task.signal);
      await this.#read(files, task, name);
    });
  }

  #open(files: readonly File[]): Promise<void> {
    return this.#do(files[0].name, (task) => this.#read(files, task, ''));
  }

  async #read(files: readonly File[], task: Task, example: '' | ExampleName): Promise<void> {
    const base = this.#opened?.model.toConfig();
    const request = { files, openSize: this.#size, base };
    const read = await readModel(request, (text) => this.#progress.show(text), task.signal);
    task.signal.throwIfAborted();
    const weights = read.kind === 'weights' && this.#opened;
    const opened = weights ? withWeights(weights, read) : openModel(read);
    if (!weights) {
      this.#files = files;
      this.#example = example;
      this.#opening.showExample(example);
      this.#results.setLabels(example ? digitLabels : undefined);
    }
    this.#opened = opened;
    this.#closeRunner();
    this.#sources.open(opened);
    this.#showSettings();
    this.#summary.show(opened, this.#size);
    this.#exports.clear();
    const { length } = opened.layers;
    this.page.announcer.say(
      `${opened.file} is open: ${length} layers. ${foldSummary(opened.layers)}`,
    );
    await this.#compile(opened, task);
  }

  /** Compiles the model, runs it once, and once more without folding. */
  async #compile(opened: OpenModel, task: Task): Promise<void> {
    const { signal } = task;
    this.#progress.show('Opening the graphics device');
    const device = await this.#device();
    signal.throwIfAborted();
    this.#progress.show('Compiling');
    const runner = await Runner.create(opened, device, (done, total) => {
      if (!signal.aborted) {
        this.#progress.show(`Compiling: ${done} of ${total} kernels`, done / total);
      }
    });
    if (signal.aborted) runner?.dispose();
    signal.throwIfAborted();
    this.#runner = runner;
    this.#showRunnable();
    if (!runner) {
      part(this.host, 'run-note').textContent +=
        ` It takes ${formatAmount(opened.flops)} operations, too many for the CPU. Looking into it and writing it again work.`;
      return;
    }
    void device?.lost.then(({ message }) => {
      if (this.#runner === runner) this.#fail(problemOf('lost', message));
    });
    this.#progress.show('First run');
    await this.#run();
    signal.throwIfAborted();
    if (!opened.layers.some(({ fold }) => fold?.folds)) return;
    this.#progress.show('Comparing it with and without folding');
    const inputs = (await this.#sources.inputs(this.#settings.values)) ?? this.#sources.random();
    const difference = await runner.foldingDifference(inputs);
    if (!signal.aborted) this.#summary.showDifference(difference);
  }

  /** The page's device; undefined where there is none, which the visitor is told. */
  async #device(): Promise<GPUDevice | undefined> {
    const note = part(this.host, 'run-note');
    note.textContent = '';
    try {
      return await this.page.gpu.open();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      note.textContent = `${error.problem.title}: small models run on the CPU reference instead.`;
      return undefined;
    }
  }

  #compileAgain(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return Promise.resolve();
    this.page.notice.hide();
    return this.#do(opened.file, (task) => this.#compile(opened, task));
  }

  #showRunnable(): void {
    const { host } = this;
    for (const name of ['run', 'measure']) {
      part<HTMLButtonElement>(host, name).disabled = !this.#runner;
    }
  }

  #closeRunner(): void {
    this.#runner?.dispose();
    this.#runner = undefined;
    this.#sources.stop();
    this.#results.clear();
    this.#profile.clear();
    this.#summary.showTimes(undefined);
    this.#showRunnable();
  }

  async #run(aloud = false): Promise<void> {
    try {
      await this.#loop.run(aloud);
    } catch (error) {
      await this.#report(error);
    }
  }

  async #measure(): Promise<void> {
    const [runner, opened] = [this.#runner, this.#opened];
    if (!runner || !opened) return;
    this.#enterStage();
    this.#sources.stop();
    await this.#do(opened.file, async (task) => {
      this.#progress.show('Measuring');
      const inputs = (await this.#sources.inputs(this.#settings.values)) ?? this.#sources.random();
      const { device } = runner;
      const runs = !device || isSoftware(device) ? timedRuns.software : timedRuns.hardware;
      const timing = await runner.time(inputs, runs);
      if (task.signal.aborted || runner !== this.#runner) return;
      this.#summary.showTimes(timeByLayer(timing.rows));
      this.#profile.show(timing, opened.file, device !== undefined);
      this.page.announcer.say(`Measured: ${timing.rows.length} rows`);
    });
  }

  /** Does one thing after the one before was given up; a refused file is shown as such. */
  async #do(file: string, work: (task: Task) => Promise<void>): Promise<void> {
    this.#task?.cancel();
    const controller = new AbortController();
    const task: Task = { signal: controller.signal, cancel: () => controller.abort() };
    this.#task = task;
    hideRefusal(this.host);
    this.page.notice.hide();
    setHidden(part(this.host, 'compile'), true);
    try {
      await work(task);
    } catch (error) {
      if (this.#task !== task || task.signal.aborted) return;
      if (error instanceof Refusal) showRefusal(this.host, file, error.complaints);
      else if (error instanceof BatchNormError && !(error instanceof DeviceLostError)) {
        showRefusal(this.host, file, [error]);
      } else await this.#report(error);
    } finally {
      if (this.#task === task) {
        this.#progress.hide();
        const stopped = this.#opened !== undefined && !this.#runner;
        setHidden(part(this.host, 'compile'), !(stopped && task.signal.aborted));
      }
    }
  }

  #cancel(): void {
    this.#task?.cancel();
    this.#progress.hide();
    setHidden(part(this.host, 'compile'), !this.#opened || this.#runner !== undefined);
    this.page.announcer.say('Cancelled');
  }

  async #report(error: unknown): Promise<void> {
    this.#fail(await describeError(error, this.#runner?.device));
  }

  #fail(problem: Problem): void {
    this.#task?.cancel();
    this.#progress.hide();
    this.#closeRunner();
    const { notice } = this.page;
    const again = () => void this.#compileAgain();
    const opened = this.#opened;
    if (problem.kind === 'lost' && opened) {
      const remedies = [
        `Compile ${opened.file} again: it is still open, and nothing of it is lost.`,
      ];
      notice.show({ ...problem, remedies }, again, 'Compile it again');
    } else notice.show(problem, problem.kind === 'no-device' ? again : undefined);
  }
}
