import { part, reducedMotion, setText } from '../../parts/dom';
import { afterStage, type Channel, type Stage, stages } from './arithmetic';
import { paintMap } from './colors';
import { exact } from './numbers';
import markup from './slow-motion.html?raw';
import type { Maps } from './watcher';

/** What the steps show. */
export interface SlowNumbers {
  readonly before: Maps;
  readonly channelIndex: number;
  readonly channel: Channel;
  readonly mode: 'eval' | 'train';
  /** Values that the statistics of the batch are taken over. */
  readonly values: number;
  readonly running: { readonly mean: number; readonly variance: number };
  /** How much of the running statistics stays with each step. */
  readonly momentum: number;
  readonly range: number;
}

/** How long each step stays, and how long the map takes to change, in milliseconds. */
const [stepTime, changeTime] = [2200, 900];

const titles: Readonly<Record<Stage, string>> = {
  mean: 'Mean',
  variance: 'Variance',
  normalise: 'Normalise',
  scale: 'γ and β',
  running: 'Running update',
};

/** One batch norm of one channel in five numbered steps, which can be gone through or played. */
export class SlowMotion {
  readonly #canvas: HTMLCanvasElement;
  readonly #steps: readonly { button: HTMLButtonElement; words: HTMLElement }[];
  #numbers?: SlowNumbers;
  /** −1: the map as the convolution gives it. */
  #stage = -1;
  #timer = 0;
  #frame = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly say: (message: string) => void,
  ) {
    host.innerHTML = markup;
    this.#canvas = part(host, 'slow-map');
    this.#steps = stages.map((stage, i) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'slow-step';
      button.innerHTML = '<b class="slow-name"></b> <span class="slow-words"></span>';
      (button.firstElementChild as HTMLElement).textContent = `${i + 1}. ${titles[stage]}`;
      button.addEventListener('click', () => {
        this.#stop();
        this.#goTo(this.#stage === i ? -1 : i);
      });
      item.append(button);
      part(host, 'slow-steps').append(item);
      return { button, words: button.lastElementChild as HTMLElement };
    });
    part(host, 'slow-play').addEventListener('click', () => {
      if (this.#timer) this.#stop();
      else this.#play();
    });
  }

  show(numbers: SlowNumbers): void {
    this.#numbers = numbers;
    stages.forEach((stage, i) => {
      setText(this.#steps[i].words, wordsOf(stage, numbers));
    });
    this.#paint(1, this.#stage);
  }

  #play(): void {
    this.#goTo(-1);
    setText(part(this.host, 'slow-play'), 'Stop');
    const next = () => {
      if (this.#stage === stages.length - 1 || document.hidden) return this.#stop();
      this.#goTo(this.#stage + 1);
      this.#timer = window.setTimeout(next, stepTime);
    };
    this.#timer = window.setTimeout(next, changeTime);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    setText(part(this.host, 'slow-play'), 'Play slowly');
  }

  #goTo(stage: number): void {
    const from = this.#stage;
    this.#stage = stage;
    this.#steps.forEach(({ button }, i) => {
      if (i === stage) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    });
    if (stage >= 0) {
      this.say(`${titles[stages[stage]]}: ${this.#steps[stage].words.textContent}`);
    }
    cancelAnimationFrame(this.#frame);
    if (reducedMotion.matches) {
      this.#paint(1, from);
      return;
    }
    const start = performance.now();
    const draw = (now: number) => {
      const share = Math.min(1, Math.max(0, (now - start) / changeTime));
      this.#paint(share * share * (3 - 2 * share), from);
      if (share < 1) this.#frame = requestAnimationFrame(draw);
    };
    this.#frame = requestAnimationFrame(draw);
  }

  /** The map on its way from one stage to the one shown. */
  #paint(share: number, from: number): void {
    if (!this.#numbers) return;
    const { before, channelIndex, channel, range } = this.#numbers;
    const at = (x: number, stage: number) =>
      stage < 0 ? x : afterStage(x, channel, stages[stage]);
    const values = Float32Array.from({ length: before.height * before.width }, (_, pixel) => {
      const x = before.values[pixel * before.channels + channelIndex];
      return (1 - share) * at(x, from) + share * at(x, this.#stage);
    });
    paintMap(this.#canvas, { ...before, channels: 1, values }, 0, range);
    const done = this.#stage < 0 ? 'as the convolution gives it' : titles[stages[this.#stage]];
    this.#canvas.setAttribute('aria-label', `The map: ${done}`);
  }
}

function wordsOf(stage: Stage, numbers: SlowNumbers): string {
  const { channel, mode, values, running, momentum } = numbers;
  const { mean, variance, epsilon, gamma, beta } = channel;
  const training = mode === 'train';
  switch (stage) {
    case 'mean':
      return training
        ? `μ = ${exact(mean)}, the mean of the channel’s ${values} values in the batch. It is taken away.`
        : `μ = ${exact(mean)}, the running mean, whatever is in the batch. It is taken away.`;
    case 'variance':
      return training
        ? `σ² = ${exact(variance)}, the mean of the squares of what is left.`
        : `σ² = ${exact(variance)}, the running variance.`;
    case 'normalise':
      return `Divide by √(σ² + ε) = √(${exact(variance)} + ${epsilon}) = ${exact(Math.sqrt(variance + epsilon))}.`;
    case 'scale':
      return `Times γ = ${exact(gamma)}, plus β = ${exact(beta)}: both learned.`;
    case 'running': {
      if (!training) return 'In eval mode the running statistics stay as they are.';
      const mixed = momentum * running.mean + (1 - momentum) * mean;
      return `In training the running mean would become ${momentum} · ${exact(running.mean)} + ${Number((1 - momentum).toFixed(4))} · ${exact(mean)} = ${exact(mixed)}, and the variance likewise. Here it is only looked at.`;
    }
  }
}
