import { describeError } from '../../parts/device';
import { part, setHidden, setText } from '../../parts/dom';
import type { Page } from '../../parts/page';
import type { Performer } from '../../parts/stage';

export interface JobOptions {
  /** What the button says while nothing runs. */
  readonly label: string;
  /** Runs until it is done, or throws the reason of the signal. Gives a sentence on how it went. */
  run(signal: AbortSignal): Promise<string>;
}

/** Something long that a button starts and ends, with its progress. */
export class Job implements Performer {
  readonly #button: HTMLButtonElement;
  #controller?: AbortController;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
    private readonly options: JobOptions,
  ) {
    this.#button = part<HTMLButtonElement>(host, 'run');
    this.#button.addEventListener('click', () => {
      if (this.#controller) this.cancel();
      else void this.start();
    });
    this.#showRunning(false);
  }

  get running(): boolean {
    return this.#controller !== undefined;
  }

  async start(): Promise<void> {
    if (this.#controller) return;
    const controller = new AbortController();
    this.#controller = controller;
    const { page } = this;
    page.notice.hide();
    page.stage.enter(this);
    this.#showRunning(true);
    this.phase('Starting');
    try {
      const outcome = await this.options.run(controller.signal);
      this.#say(outcome);
    } catch (error) {
      if (controller.signal.aborted) this.#say('Cancelled. What was done before is kept.');
      else {
        const problem = await describeError(error);
        this.#say(problem.title);
        page.notice.show(problem, () => void this.start());
      }
    } finally {
      this.#controller = undefined;
      page.stage.leave(this);
      this.#showRunning(false);
    }
  }

  cancel(): void {
    this.#controller?.abort();
    this.phase('Cancelling');
  }

  /** Another section wants the GPU. */
  pause(): void {
    if (this.running) this.cancel();
  }

  /** What goes on, for the eye. */
  phase(text: string, share?: number): void {
    setText(part(this.host, 'phase'), text);
    const progress = part<HTMLProgressElement>(this.host, 'progress');
    if (share === undefined) progress.removeAttribute('value');
    else progress.value = share;
  }

  #say(outcome: string): void {
    setText(part(this.host, 'phase'), outcome);
    this.page.announcer.say(outcome);
  }

  #showRunning(running: boolean): void {
    this.host.toggleAttribute('data-running', running);
    setText(this.#button, running ? 'Cancel' : this.options.label);
    this.#button.classList.toggle('primary', !running);
    setHidden(part(this.host, 'progress'), !running);
  }
}
