// The benchmark in a browser: chromium.ts calls it.
import { type Measurement, measure } from './measure';
import type { Peer } from './peers/peer';

declare global {
  interface Window {
    bench(only: string | undefined): Promise<Measurement>;
    /** Given by chromium.ts. */
    say(line: string): void;
  }
}

/** Makes the benchmark callable from outside the page. */
export function offer(open: () => Promise<readonly Peer[]>): void {
  window.bench = async (only) => {
    if (!navigator.gpu) throw new Error('This browser has no WebGPU.');
    const log = (line: string) => window.say(line);
    return measure({ gpu: navigator.gpu, only, log, peers: await open() });
  };
}
