// A peer in a frame of its own, with its own device: the page around it calls what is offered here.
import { makeTask } from '../tasks';
import type { Spec } from '../workloads';
import type { Peer } from './peer';

/** A peer's workload, as seen from the page around. */
export interface Seat {
  /** From opening to the end of the first run. */
  readonly compileMs: number;
  outputs(): Promise<Readonly<Record<string, ArrayLike<number>>>>;
  /** Dispatches of one run. */
  count(): Promise<number>;
  /** Milliseconds a run. */
  sample(runs: number): Promise<number>;
  dispose(): void;
}

/** Makes a workload ready and runs it once; undefined where the peer does not take part. */
export type Host = (spec: Spec) => Promise<Seat | undefined>;

declare global {
  interface Window {
    host?: Promise<Host>;
  }
}

/** Names as in the report; each leads to its own chunk, so that a frame loads one runtime only. */
const peers: Readonly<Record<string, () => Promise<Peer>>> = {
  'jax-js': async () => (await import('./jax-js')).jaxJs(),
  tfjs: async () => (await import('./tfjs')).tfjs(),
  'onnxruntime-web': async () => (await import('./ort')).onnxRuntime(),
};

async function start(): Promise<Host> {
  const peer = await peers[decodeURIComponent(location.hash.slice(1))]();
  return async (spec) => {
    const start = performance.now();
    const opened = await peer.open(makeTask(spec));
    if (!opened) return undefined;
    const sample = async (runs: number) => {
      const start = performance.now();
      for (let i = 0; i < runs; i++) await opened.run();
      await opened.settle();
      return (performance.now() - start) / runs;
    };
    await sample(1);
    return {
      compileMs: performance.now() - start,
      outputs: () => opened.outputs(),
      count: () => countDispatches(() => sample(1)),
      sample,
      dispose: () => opened.dispose(),
    };
  };
}

async function countDispatches(body: () => Promise<unknown>): Promise<number> {
  const { prototype } = GPUComputePassEncoder;
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = prototype;
  let count = 0;
  prototype.dispatchWorkgroups = function (...sizes) {
    count++;
    dispatchWorkgroups.apply(this, sizes);
  };
  prototype.dispatchWorkgroupsIndirect = function (...where) {
    count++;
    dispatchWorkgroupsIndirect.apply(this, where);
  };
  try {
    await body();
  } finally {
    Object.assign(prototype, { dispatchWorkgroups, dispatchWorkgroupsIndirect });
  }
  return count;
}

window.host = start();
