import { part, setHidden, setText } from '../../parts/dom';
import { formatNumber } from '../../parts/format';
import type { Settings } from '../../parts/link';
import type { Page } from '../../parts/page';
import { download } from '../../parts/text-dialog';
import { type Bench, benchMarkdown, describeBench, runBench } from './bench';
import { benchColumns } from './columns';
import { copyFrom } from './copy';
import { toCsv } from './export';
import { Job } from './job';
import type { Measured } from './run-workload';
import { settings } from './settings';
import { SortableTable } from './table';
import { workloads } from './workloads';

/** Before the first run. */
const nothing: Bench = { adapter: '', clock: 'page', ceilings: { gbps: 0, gflops: 0 } };

/** How fast the library is here: a row a workload. */
export class BenchPanel {
  readonly #job: Job;
  readonly #table: SortableTable<Measured>;
  readonly #select: HTMLSelectElement;
  #bench: Bench = nothing;
  /** By workload: one that is measured again replaces its row. */
  readonly #rows = new Map<string, Measured>();

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
    private readonly chosen: Settings<typeof settings>,
  ) {
    this.#select = part<HTMLSelectElement>(host, 'workload');
    const titles = workloads(false).map(({ id, title }) => new Option(title, id));
    this.#select.replaceChildren(new Option('All workloads', 'all'), ...titles);
    this.#select.addEventListener('change', () => {
      chosen.set({ workload: settings.workload.parse(this.#select.value) });
    });
    this.#table = new SortableTable(
      part(host, 'table'),
      () => benchColumns(this.#bench.ceilings),
      'Times of workloads on this adapter. A header sorts by its column.',
    );
    this.#job = new Job(host, page, {
      label: 'Run the bench',
      run: (signal) => this.#run(signal),
    });
    copyFrom(part(host, 'copy'), page.announcer, () => this.#markdown());
    part(host, 'csv').addEventListener('click', () => {
      download(
        'bench.csv',
        toCsv(benchColumns(this.#bench.ceilings), [...this.#rows.values()]),
        'text/csv',
      );
    });
    this.follow();
  }

  /** The choice as the link has it. */
  follow(): void {
    this.#select.value = this.chosen.values.workload;
  }

  async #run(signal: AbortSignal): Promise<string> {
    const failures = part(this.host, 'failures');
    failures.replaceChildren();
    let measured = 0;
    await runBench(this.chosen.values.workload, {
      signal,
      phase: (text, share) => this.#job.phase(text, share),
      onBench: (bench) => {
        // Rows of another adapter are no neighbours of this one's.
        if (this.#bench.adapter !== bench.adapter) this.#rows.clear();
        this.#bench = bench;
        setText(part(this.host, 'about'), `${bench.adapter}. ${describeBench(bench)}`);
      },
      onRow: (row) => {
        measured++;
        this.#rows.set(row.id, row);
        this.#show();
        this.page.announcer.say(`${row.title}: ${formatNumber(row.median)} milliseconds`);
      },
      onFailure: (title, message) => {
        const item = document.createElement('li');
        item.textContent = `${title}: ${message}`;
        failures.append(item);
      },
    });
    return `Done: ${measured} ${measured === 1 ? 'workload' : 'workloads'} measured.`;
  }

  #show(): void {
    this.#table.show([...this.#rows.values()]);
    setHidden(part(this.host, 'results'), false);
  }

  #markdown(): string {
    const { LIBRARY_VERSION } = import.meta.env;
    return benchMarkdown(this.#bench, [...this.#rows.values()], LIBRARY_VERSION);
  }
}
