// The GPU of a test, in Node (Dawn) and in a browser alike. There is no skipping: without an
// adapter these functions throw, and so does every test that needs one.
const inBrowser = typeof window !== 'undefined';

/** What went wrong on any device of this test file that nobody caught; setup-gpu.ts fails on it. */
export const uncaught: string[] = [];

const devices = new Set<GPUDevice>();
let shared: Promise<GPUDevice> | undefined;
let sharedAdapter: Promise<GPUAdapter> | undefined;

/** Where WebGPU is: `navigator.gpu`, or Dawn's. */
export async function requestGPU(): Promise<GPU> {
  if (inBrowser) {
    if (!navigator.gpu) throw new Error('This browser has no WebGPU (navigator.gpu is missing).');
    return navigator.gpu;
  }
  // In a variable, so that the browser's bundle does not follow it.
  const path = '../../src/node/dawn.ts';
  const { requestNodeGPU } = await import(/* @vite-ignore */ path);
  return requestNodeGPU();
}

/** An adapter of its own: one adapter gives one device. */
export async function requestAdapter(): Promise<GPUAdapter> {
  const gpu = await requestGPU();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('No GPU adapter: this test needs one, a software one will do.');
  return adapter;
}

/** The adapter whose features and limits a test may ask about. */
export function getAdapter(): Promise<GPUAdapter> {
  sharedAdapter ??= requestAdapter();
  return sharedAdapter;
}

/** What the adapter calls itself, and whether it is software. */
export function describeAdapter(adapter: GPUAdapter): string {
  const { vendor, architecture, device, description } = adapter.info;
  const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
  return `${name}${/swiftshader|llvmpipe/i.test(name) ? ' (software)' : ''}`;
}

/**
 * A device of the test's own, with every optional feature that the adapter has (or those asked
 * for). Use it to lose or destroy one, or to ask for features; otherwise `getDevice` is quicker.
 */
export async function freshDevice(descriptor: GPUDeviceDescriptor = {}): Promise<GPUDevice> {
  const adapter = await requestAdapter();
  const wanted: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    ...descriptor,
  });
  device.addEventListener('uncapturederror', (event) => {
    uncaught.push((event as GPUUncapturedErrorEvent).error.message);
  });
  devices.add(device);
  void device.lost.then(() => devices.delete(device));
  return device;
}

/** The device that all tests of a process or page share. Never destroy it. */
export function getDevice(): Promise<GPUDevice> {
  shared ??= freshDevice();
  return shared;
}

/** Waits until every queue is idle, so that late errors are counted against the right test. */
export async function settle(): Promise<void> {
  // A device may get lost while it is waited for: then it has no more errors to tell.
  await Promise.allSettled([...devices].map((device) => device.queue.onSubmittedWorkDone()));
}
