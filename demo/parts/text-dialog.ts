import './text-dialog.css';
import type { Announcer } from './announcer';
import { part } from './dom';
import markup from './text-dialog.html?raw';

/** A text with a name: a file. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Shows files to read, copy and download. */
export class TextDialog {
  readonly #dialog = document.createElement('dialog');
  #files: readonly NamedText[] = [];
  #shown = 0;

  constructor(private readonly announcer: Announcer) {
    const dialog = this.#dialog;
    dialog.className = 'text-dialog';
    dialog.setAttribute('aria-labelledby', 'text-dialog-title');
    dialog.innerHTML = markup;
    document.body.append(dialog);
    part(dialog, 'close').addEventListener('click', () => dialog.close());
    part(dialog, 'copy').addEventListener('click', () => void this.#copy());
    part(dialog, 'download').addEventListener('click', () => this.#download());
    part<HTMLSelectElement>(dialog, 'file').addEventListener('change', ({ target }) => {
      this.#show((target as HTMLSelectElement).selectedIndex);
    });
    // A click beside the box lands on the dialog itself.
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog) dialog.close();
    });
  }

  open(title: string, hint: string, files: readonly NamedText[]): void {
    this.#files = files;
    part(this.#dialog, 'title').textContent = title;
    part(this.#dialog, 'hint').textContent = hint;
    const select = part<HTMLSelectElement>(this.#dialog, 'file');
    select.replaceChildren(...files.map(({ name }) => new Option(name)));
    part(this.#dialog, 'file-label').hidden = files.length < 2;
    this.#show(0);
    this.#dialog.showModal();
  }

  #show(index: number): void {
    this.#shown = index;
    const text = part<HTMLTextAreaElement>(this.#dialog, 'text');
    text.value = shortened(this.#files[index].text);
    text.scrollTop = 0;
  }

  async #copy(): Promise<void> {
    const button = part(this.#dialog, 'copy');
    try {
      await navigator.clipboard.writeText(this.#files[this.#shown].text);
      button.textContent = 'Copied';
      this.announcer.say('Copied');
    } catch {
      button.textContent = 'The browser refused: use Download';
    }
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2000);
  }

  #download(): void {
    const { name, text } = this.#files[this.#shown];
    download(name.replace(/^.*\//, ''), text);
  }
}

/** Hands the visitor a file. */
export function download(name: string, content: BlobPart, type = 'text/plain'): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Lines of data that nobody reads are cut for the eye; copies and downloads are whole. */
function shortened(text: string): string {
  const longest = 400;
  return text.replace(
    new RegExp(`^(.{${longest}}).+$`, 'gm'),
    '$1 … (the rest of this line is data)',
  );
}
