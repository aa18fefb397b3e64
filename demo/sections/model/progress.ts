import { part, setHidden, setText } from '../../parts/dom';

/** What is being done, how much of it, and a way to stop it. */
export class ProgressRow {
  constructor(
    private readonly host: HTMLElement,
    onCancel: () => void,
  ) {
    part(host, 'cancel').addEventListener('click', onCancel);
  }

  /** `share` of it is done, where that is known. */
  show(text: string, share?: number): void {
    setHidden(part(this.host, 'progress-row'), false);
    setText(part(this.host, 'phase'), text);
    const bar = part<HTMLProgressElement>(this.host, 'progress');
    if (share === undefined) bar.removeAttribute('value');
    else bar.value = share;
  }

  hide(): void {
    setHidden(part(this.host, 'progress-row'), true);
  }
}
