import { DeviceLostError, requestDevice } from 'webgpu-batchnorm';

/** Why there is no GPU to train on, in words for the visitor, and what they can do. */
export interface Problem {
  readonly kind: 'no-api' | 'insecure' | 'no-adapter' | 'no-device' | 'lost' | 'failed';
  readonly title: string;
  readonly text: string;
  readonly remedies: readonly string[];
  /** What the browser or the library said. */
  readonly detail?: string;
}

const problems = {
  insecure: {
    kind: 'insecure',
    title: 'This page needs a secure connection',
    text: 'Browsers offer WebGPU only to pages from https or from this machine (localhost), and this one came over plain http.',
    remedies: [
      'Open the same address with https.',
      'Or serve the page on your own machine: npm start.',
    ],
  },
  'no-api': {
    kind: 'no-api',
    title: 'This browser has no WebGPU',
    text: 'The networks on this page are trained by your graphics card through WebGPU, which this browser does not have, or has turned off.',
    remedies: [
      'Chrome and Edge have it from version 113 (Android: 121), Safari from 26, Firefox from 141 on Windows and 145 on macOS.',
      'Chrome on Linux: turn on “Unsafe WebGPU Support” and “Vulkan” in chrome://flags.',
      'Firefox elsewhere: set dom.webgpu.enabled to true in about:config.',
    ],
  },
  'no-adapter': {
    kind: 'no-adapter',
    title: 'WebGPU is here, but it found no graphics adapter',
    text: 'The browser knows WebGPU, but has no graphics card or driver that it trusts with it.',
    remedies: [
      'Turn on “Use graphics acceleration when available” in the browser’s settings, and start it again.',
      'Update the graphics driver; chrome://gpu (Firefox: about:support) says why an adapter is refused.',
      'Remote desktops and virtual machines often have none: try on the machine itself.',
    ],
  },
  'no-device': {
    kind: 'no-device',
    title: 'The graphics adapter refused to work for this page',
    text: 'An adapter is there, but the browser could not open it.',
    remedies: ['Reload the page.', 'Close other pages that use the graphics card, or restart.'],
  },
  lost: {
    kind: 'lost',
    title: 'The graphics device was lost',
    text: 'The driver was reset or the device was taken away, and what was in its memory is gone. This happens after a driver update, when a laptop switches graphics cards, or when the card is overloaded.',
    remedies: ['Start again: the page asks for another device.'],
  },
  failed: {
    kind: 'failed',
    title: 'Something here does not work',
    text: 'This is a fault of the page or of the library, not of your machine.',
    remedies: ['Reload the page. If it stays, please report what is written below.'],
  },
} as const satisfies Record<Problem['kind'], Problem>;

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

export function problemOf(kind: Problem['kind'], detail?: string): Problem {
  return { ...problems[kind], detail };
}

/** The same problem, with remedies of one's own where it is a lost device. */
export function afterLoss(problem: Problem, remedies: readonly string[]): Problem {
  return problem.kind === 'lost' ? { ...problem, remedies } : problem;
}

/** Whether there is nothing to train on, and asking again is no use. */
export function isWithoutGpu({ kind }: Problem): boolean {
  return kind === 'no-api' || kind === 'insecure' || kind === 'no-adapter';
}

/** The problem of a figure that only a GPU can draw: without one, what works in its place. */
export function withoutFigure(problem: Problem): Problem {
  if (!isWithoutGpu(problem)) return problem;
  const instead =
    'Without it, the race plays a recorded run, and “Look into it”, “Tabular” and small models of your own are computed by the processor.';
  return { ...problem, remedies: [...problem.remedies, instead] };
}

/** How long the news of a lost device may take, in milliseconds, after the errors that it causes. */
const lossDelay = 300;

/** What to tell the visitor of an error from anywhere on the page, which worked with `device`. */
export async function describeError(error: unknown, device?: GPUDevice): Promise<Problem> {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof DeviceLostError) return problemOf('lost', error.message);
  const later = new Promise<undefined>((done) => setTimeout(done, lossDelay));
  const loss = device && (await Promise.race([device.lost, later]));
  if (loss) return problemOf('lost', loss.message);
  return problemOf('failed', error instanceof Error ? error.message : String(error));
}

/** A device of the visitor's GPU. Throws a {@link ProblemError} that says what is missing. */
export async function openDevice(): Promise<GPUDevice> {
  if (!isSecureContext) throw new ProblemError(problemOf('insecure'));
  const gpu = navigator.gpu as GPU | undefined;
  if (!gpu) throw new ProblemError(problemOf('no-api'));
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new ProblemError(problemOf('no-adapter'));
  try {
    return await requestDevice({ powerPreference: 'high-performance' });
  } catch (error) {
    throw new ProblemError(problemOf('no-device', error instanceof Error ? error.message : ''));
  }
}
