import { isWithoutGpu, type Problem } from './device';
import { part, setHidden } from './dom';

/** The panel that says what is missing and what to do about it. */
export class Notice {
  constructor(private readonly panel: HTMLElement) {}

  /** `retry`: what the button does, which says `label`; it is there where another try may help. */
  show(problem: Problem, retry?: () => void, label = 'Start again'): void {
    const { panel } = this;
    panel.dataset.kind = problem.kind;
    part(panel, 'title').textContent = problem.title;
    part(panel, 'text').textContent = problem.text;
    part(panel, 'remedies').replaceChildren(
      ...problem.remedies.map((remedy) => {
        const item = document.createElement('li');
        item.textContent = remedy;
        return item;
      }),
    );
    const detail = part(panel, 'detail');
    detail.textContent = problem.detail ?? '';
    setHidden(detail, !problem.detail);
    const button = part<HTMLButtonElement>(panel, 'retry');
    setHidden(button, !retry || isWithoutGpu(problem));
    button.textContent = label;
    button.onclick = () => {
      this.hide();
      retry?.();
    };
    setHidden(panel, false);
    // A section elsewhere on the page takes nobody's focus away.
    if (!this.#inView) return;
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: 'nearest' });
  }

  /** Whether its section is in the middle of the window. */
  get #inView(): boolean {
    const { top, bottom } = (this.panel.parentElement as HTMLElement).getBoundingClientRect();
    return top <= innerHeight / 2 && bottom >= innerHeight / 2;
  }

  hide(): void {
    setHidden(this.panel, true);
  }
}
