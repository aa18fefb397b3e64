import { describeAdapter } from 'webgpu-batchnorm';
import {
  formatSelfTest,
  type KernelSummary,
  type SelfTestFamily,
  type SelfTestReport,
  type SelfTestResult,
  selfTest,
  selfTestFamilies,
  skippedCases,
  summarizeKernels,
} from 'webgpu-batchnorm/self-test';
import { openDevice } from '../../parts/device';
import { part, setHidden, setText } from '../../parts/dom';
import { formatCount } from '../../parts/format';
import type { Settings } from '../../parts/link';
import type { Page } from '../../parts/page';
import { copyFrom } from './copy';
import { Job } from './job';
import { kernelColumns } from './kernel-columns';
import type { settings } from './settings';
import { SortableTable } from './table';

/** Most failures that are listed; the report has more. */
const mostFailures = 12;
/** How often the table is drawn anew, in milliseconds: it grows with every case. */
const drawEvery = 300;

/** How many: `245 + 240 in f16`. */
function casesOf(families: readonly SelfTestFamily[]): string {
  const sum = (key: 'cases' | 'halves') => families.reduce((total, one) => total + one[key], 0);
  const halves = sum('halves');
  const cases = formatCount(sum('cases') - halves);
  return halves ? `${cases} + ${formatCount(halves)} in f16` : cases;
}

/** Whether the kernels compute what they should here: a row a kernel. */
export class SelfTestPanel {
  readonly #job: Job;
  readonly #table: SortableTable<KernelSummary>;
  readonly #select: HTMLSelectElement;
  #results: SelfTestResult[] = [];
  #report?: SelfTestReport;
  #drawn = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
    private readonly chosen: Settings<typeof settings>,
  ) {
    this.#select = part<HTMLSelectElement>(host, 'family');
    const families = selfTestFamilies();
    this.#select.replaceChildren(
      new Option(`All (${casesOf(families)})`, 'all'),
      ...families.map((family) => new Option(`${family.name} (${casesOf([family])})`, family.name)),
    );
    this.#select.addEventListener('change', () => chosen.set({ family: this.#select.value }));
    this.#table = new SortableTable(
      part(host, 'table'),
      () => kernelColumns,
      'Kernels with their largest errors on this adapter. A header sorts by its column.',
      ({ failed }) => (failed ? 'failed' : undefined),
    );
    this.#job = new Job(host, page, {
      label: 'Run the self-test',
      run: (signal) => this.#run(signal),
    });
    copyFrom(part(host, 'copy'), page.announcer, () =>
      this.#report ? formatSelfTest(this.#report) : '',
    );
    this.follow();
  }

  /** The choice as the link has it; all where there is no such family. */
  follow(): void {
    this.#select.value = this.chosen.values.family;
    if (this.#select.selectedIndex < 0) this.#select.value = 'all';
  }

  async #run(signal: AbortSignal): Promise<string> {
    this.#results = [];
    this.#report = undefined;
    setHidden(part(this.host, 'copy'), true);
    this.#job.phase('Opening the graphics device');
    // Its own: the kernels of all cases would stay with the device.
    const device = await openDevice();
    try {
      setText(part(this.host, 'about'), `Adapter: ${describeAdapter(device)}.`);
      const family = this.#select.value;
      this.#report = await selfTest({
        device,
        only: family === 'all' ? undefined : family,
        signal,
        progress: ({ done, total, results }) => {
          this.#add(results);
          const [{ op, case: name }] = results;
          this.#job.phase(`Case ${done} of ${total}: ${op}, ${name}`, done / total);
        },
      });
    } finally {
      device.destroy();
    }
    this.#draw();
    setHidden(part(this.host, 'copy'), false);
    const { passed, failed, skipped, outcome } = this.#report;
    const left = skipped ? ` Skipped: ${skippedCases(skipped)}.` : '';
    const result = `${formatCount(passed)} checks passed, ${formatCount(failed)} failed.${left}`;
    return outcome === 'stopped' ? `Cancelled: ${result}` : result;
  }

  #add(results: readonly SelfTestResult[]): void {
    const failed = (list: readonly SelfTestResult[]) => list.some(({ passed }) => !passed);
    const first = !failed(this.#results) && failed(results);
    this.#results.push(...results);
    if (first) this.page.announcer.say('A check has failed');
    if (first || performance.now() - this.#drawn > drawEvery) this.#draw();
  }

  #draw(): void {
    this.#drawn = performance.now();
    const kernels = summarizeKernels(this.#results);
    // Failures first.
    this.#table.show([...kernels].sort((a, b) => b.failed - a.failed));
    const failures = this.#results.filter(({ passed }) => !passed);
    const shown = failures.slice(0, mostFailures).map(({ case: name, worst = '' }) => {
      const item = document.createElement('li');
      item.textContent = `${name}: ${worst}`;
      return item;
    });
    part(this.host, 'failures').replaceChildren(...shown);
    setHidden(part(this.host, 'results'), false);
  }
}
