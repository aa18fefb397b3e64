import { BatchNormError } from 'webgpu-batchnorm';
import { part, setHidden } from '../../parts/dom';
import { download } from '../../parts/text-dialog';
import { exportFormats, packed } from './exports';
import type { OpenModel } from './opened';

/** Buttons that hand out the model in each format. */
export class Exports {
  constructor(
    private readonly host: HTMLElement,
    opened: () => OpenModel | undefined,
  ) {
    part(host, 'exports').append(
      ...exportFormats.map((format) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = format.title;
        button.dataset.export = format.id;
        button.addEventListener('click', async () => {
          const model = opened();
          if (!model) return;
          this.clear();
          button.disabled = true;
          try {
            const name = model.file.replace(/\.[^.]+$/, '');
            const files = await format.make(model, name);
            const { name: saved, content } = await packed(files, `${name}-${format.id}.zip`);
            download(saved, content, 'application/octet-stream');
            this.#say(`${saved}: ${Object.keys(files).join(', ')}`, false);
          } catch (error) {
            if (!(error instanceof BatchNormError)) throw error;
            this.#say(`${format.title} has no way to say this. ${error.message}`, true);
          } finally {
            button.disabled = false;
          }
        });
        return button;
      }),
    );
  }

  clear(): void {
    this.#say('', false);
  }

  #say(text: string, wrong: boolean): void {
    const [error, note] = [part(this.host, 'export-error'), part(this.host, 'export-note')];
    error.textContent = wrong ? text : '';
    note.textContent = wrong ? '' : text;
    setHidden(error, !wrong);
  }
}
