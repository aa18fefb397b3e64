// The benchmark in a browser: chromium.ts calls it.
import { type Measurement, measure } from './measure';

declare global {
  interface Window {
    bench(only: string | undefined): Promise<Measurement>;
    /** Given by chromium.ts. */
    say(line: string): void;
  }
}

window.bench = (only) => {
  if (!navigator.gpu) throw new Error('This browser has no WebGPU.');
  return measure({ gpu: navigator.gpu, only, log: (line) => window.say(line) });
};
