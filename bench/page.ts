// The benchmark in a browser: chromium.ts calls it.
import { type Measurement, type MeasureOptions, measure, type Rivals } from './measure';

/** What a page is told; it has to be plain data. */
export type PageOptions = Pick<MeasureOptions, 'only' | 'large' | 'tune'>;

declare global {
  interface Window {
    bench(options: PageOptions): Promise<Measurement>;
    /** Given by chromium.ts. */
    say(line: string): void;
  }
}

/** Makes the benchmark callable from outside the page. */
export function offer(rivals?: Rivals): void {
  window.bench = async (options) => {
    if (!navigator.gpu) throw new Error('This browser has no WebGPU.');
    const log = (line: string) => window.say(line);
    return measure({ ...options, gpu: navigator.gpu, log, rivals });
  };
}
