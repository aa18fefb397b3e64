import { part } from '../../parts/dom';
import { pickFiles } from '../../parts/pick-files';
import { examples } from './examples';
import type { ExampleName } from './settings';

export interface OpeningActions {
  files(files: readonly File[]): void;
  example(name: ExampleName): void;
}

/** More than any model has: a whole disk dropped by mistake is not gone through. */
const mostFiles = 1000;

/** The ways to bring a model: dropped, chosen, pasted, or one that comes with the page. */
export class Opening {
  readonly #zone: HTMLElement;

  constructor(host: HTMLElement, actions: OpeningActions) {
    this.#zone = part(host, 'drop');
    pickFiles(part(host, 'choose'), part(host, 'files'), actions.files);
    part(host, 'examples').append(
      ...Object.entries(examples).map(([name, { title, text }]) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.dataset.example = name;
        button.textContent = title;
        button.title = text;
        button.addEventListener('click', () => actions.example(name as ExampleName));
        return button;
      }),
    );
    this.#listen(host, actions);
  }

  showExample(name: string): void {
    for (const button of this.#zone.querySelectorAll<HTMLElement>('[data-example]')) {
      button.setAttribute('aria-pressed', String(button.dataset.example === name));
    }
  }

  #listen(host: HTMLElement, { files }: OpeningActions): void {
    const zone = this.#zone;
    // The whole section takes files: a drop beside the box would leave the page.
    const target = (host.closest('.section') as HTMLElement | null) ?? host;
    target.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      zone.toggleAttribute('data-over', true);
    });
    target.addEventListener('dragleave', ({ relatedTarget }) => {
      if (!target.contains(relatedTarget as Node | null)) zone.toggleAttribute('data-over', false);
    });
    target.addEventListener('drop', async (event) => {
      zone.toggleAttribute('data-over', false);
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      const dropped = await droppedFiles(event.dataTransfer);
      if (dropped.length) files(dropped);
    });
    document.addEventListener('paste', (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      const box = target.getBoundingClientRect();
      const seen = box.top < innerHeight && box.bottom > 0;
      if (!pasted.length || !seen) return;
      event.preventDefault();
      files(pasted);
    });
  }
}

/** Files that were dropped, those in folders too. */
async function droppedFiles({ items, files }: DataTransfer): Promise<File[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  if (entries.every((entry) => !entry?.isDirectory)) return [...files];
  const found: File[] = [];
  const visit = async (entry: FileSystemEntry | null): Promise<void> => {
    if (!entry || found.length >= mostFiles) return;
    if (entry.isFile) {
      found.push(
        await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail)),
      );
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const list = () =>
      new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    // A reader gives a hundred entries or so at a time.
    for (let some = await list(); some.length; some = await list()) {
      for (const inner of some) await visit(inner);
    }
  };
  for (const entry of entries) await visit(entry);
  return found;
}

/** Whether all of them are pictures, which go to the model that is open. */
export function arePictures(files: readonly File[]): boolean {
  return files.every(({ type }) => type.startsWith('image/'));
}
