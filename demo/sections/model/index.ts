import './model.css';
import { afterLoss, type Problem } from '../../parts/device';
import { part, setHidden } from '../../parts/dom';
import type { Settings } from '../../parts/link';
import { mounting, type Page, type Section } from '../../parts/page';
import { Work } from '../../parts/work';
import { modelCode } from './code';
import { digitLabels, exampleFiles, examples } from './examples';
import { Exports } from './exports-view';
import markup from './model.html?raw';
import { foldSummary, type OpenModel, openModel, withWeights } from './opened';
import { arePictures, Opening } from './opening';
import { ProgressRow } from './progress';
import { readModel } from './reader';
import { complaintsOf, hideRefusal, showRefusal } from './refusal';
import { type ExampleName, type ModelSettings, settings } from './settings';
import { Summary } from './summary';
import { Trial } from './trial';

/** Taken for extents that a file leaves open. */
const firstSize = 224;

/** The visitor's own model: read, looked into, run, timed, and written again. */
class ModelSection implements Section {
  readonly #settings: Settings<ModelSettings>;
  readonly #opening: Opening;
  readonly #progress: ProgressRow;
  readonly #summary: Summary;
  readonly #trial: Trial;
  readonly #exports: Exports;
  readonly #performer = { pause: () => this.#trial.sources.stop() };
  /** A later task takes the place of the one under way. */
  readonly #work = new Work((problem) => this.#fail(problem));
  #example: '' | ExampleName = '';
  #files: readonly File[] = [];
  #size = firstSize;
  #opened?: OpenModel;

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
    this.#exports = new Exports(host, () => this.#opened);
    this.#trial = new Trial({
      host,
      page,
      settings: this.#settings,
      work: this.#work,
      progress: this.#progress,
      summary: this.#summary,
      live: () => this.#enterStage(),
      pictures: (files) => void this.#take(files),
    });
    part(host, 'measure').addEventListener('click', () => void this.#measure());
    part(host, 'compile').addEventListener('click', () => void this.#compile());
  }

  start(): void {
    const { example } = this.#settings.values;
    if (example) void this.#openExample(example);
  }

  code(): string {
    const opened = this.#opened;
    const { port } = this.#trial.sources;
    const shown = opened
      ? { kind: opened.kind, file: opened.file, name: opened.model.name, port }
      : ({ kind: 'onnx', file: 'model.onnx', name: 'model' } as const);
    return modelCode(shown, this.#settings.values);
  }

  #followLink(): void {
    const { example } = this.#settings.values;
    this.#trial.show();
    if (example && example !== this.#example) void this.#openExample(example);
    else void this.#trial.run();
  }

  /** Who opens a model wants the GPU for it. */
  #enterStage(): void {
    this.page.stage.enter(this.#performer);
  }

  async #take(files: readonly File[]): Promise<void> {
    this.#enterStage();
    if (arePictures(files)) return this.#takePicture(files[0]);
    this.#settings.set({ example: '' });
    this.#size = firstSize;
    return this.#open(files);
  }

  async #takePicture(file: File): Promise<void> {
    hideRefusal(this.host);
    try {
      await this.#trial.sources.take(file);
    } catch (error) {
      const complaints = complaintsOf(error);
      if (!complaints) throw error;
      return showRefusal(this.host, file.name, complaints);
    }
    this.#settings.set({ source: 'picture' });
    this.#trial.follow();
  }

  #openExample(name: ExampleName): Promise<void> {
    this.#size = firstSize;
    return this.#do(examples[name].title, 'Loading the example', async (signal) => {
      await this.#read(await exampleFiles(name, signal), signal, name);
    });
  }

  #open(files: readonly File[]): Promise<void> {
    return this.#do(files[0].name, 'Reading', (signal) => this.#read(files, signal, ''));
  }

  async #read(
    files: readonly File[],
    signal: AbortSignal,
    example: '' | ExampleName,
  ): Promise<void> {
    const base = this.#opened?.model.toConfig();
    const request = { files, openSize: this.#size, base };
    const read = await readModel(request, (text) => this.#progress.show(text), signal);
    signal.throwIfAborted();
    const weights = read.kind === 'weights' && this.#opened;
    const opened = weights ? withWeights(weights, read) : openModel(read);
    if (!weights) {
      this.#files = files;
      this.#example = example;
      this.#opening.showExample(example);
      this.#trial.setLabels(example ? digitLabels : undefined);
    }
    this.#opened = opened;
    this.#trial.open(opened);
    this.#summary.show(opened, this.#size);
    this.#exports.clear();
    const { length } = opened.layers;
    this.page.announcer.say(
      `${opened.file} is open: ${length} layers. ${foldSummary(opened.layers)}`,
    );
    await this.#trial.compile(opened, signal);
  }

  #compile(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return Promise.resolve();
    return this.#do(opened.file, 'Compiling', (signal) => this.#trial.compile(opened, signal));
  }

  async #measure(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    this.#enterStage();
    await this.#do(opened.file, 'Measuring', (signal) => this.#trial.measure(opened, signal));
  }

  /** Does one thing after the one before was given up; a refused file is shown as such. */
  #do(file: string, phase: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    hideRefusal(this.host);
    this.page.notice.hide();
    setHidden(part(this.host, 'compile'), true);
    this.#progress.show(phase);
    return this.#work.begin(async (signal) => {
      try {
        await task(signal);
      } catch (error) {
        const complaints = complaintsOf(error);
        if (!complaints || signal.aborted) throw error;
        showRefusal(this.host, file, complaints);
      }
      if (!signal.aborted) this.#progress.hide();
    });
  }

  #cancel(): void {
    this.#work.giveUp();
    this.#showStopped();
    this.page.announcer.say('Cancelled');
  }

  #fail(problem: Problem): void {
    this.#trial.close();
    this.#showStopped();
    const opened = this.#opened;
    const remedies = [
      `Compile ${opened?.file} again: it is still open, and nothing of it is lost.`,
    ];
    const again = () => void this.#compile();
    const { notice } = this.page;
    if (opened) notice.show(afterLoss(problem, remedies), again, 'Compile it again');
    else notice.show(problem);
  }

  #showStopped(): void {
    this.#progress.hide();
    setHidden(part(this.host, 'compile'), !this.#opened || this.#trial.ready);
  }
}

export const mount = mounting(markup, ModelSection);
