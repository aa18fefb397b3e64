// How sections of the demo do their work: in turn, given up, repeated, and what becomes of a lost device.
import { expect, test } from 'vitest';
import type { Problem } from '../../demo/parts/device';
import { Repeat } from '../../demo/parts/repeat';
import { Work } from '../../demo/parts/work';

/** A promise, and what settles it. */
function open<T = void>() {
  let [resolve, reject] = [(_: T) => {}, (_: unknown) => {}];
  const promise = new Promise<T>((done, fail) => {
    [resolve, reject] = [done, fail];
  });
  return { promise, resolve, reject };
}

function makeWork() {
  const problems: Problem[] = [];
  return { problems, work: new Work((problem) => problems.push(problem)) };
}

/** A device as far as work knows it. */
function makeDevice() {
  const { promise, resolve } = open<GPUDeviceLostInfo>();
  const lose = () => resolve({ reason: 'unknown', message: 'pulled out' } as GPUDeviceLostInfo);
  return { device: { lost: promise } as GPUDevice, lose };
}

test('tasks follow one another', async () => {
  const { work, problems } = makeWork();
  const first = open();
  const order: string[] = [];
  void work.add(async () => {
    await first.promise;
    order.push('first');
  });
  void work.add(async () => order.push('second'));
  first.resolve();
  await work.done;
  expect(order).toEqual(['first', 'second']);
  expect(problems).toEqual([]);
});

test('what is begun takes the place of what was begun before', async () => {
  const { work } = makeWork();
  const first = open();
  const begun: string[] = [];
  void work.begin(async (signal) => {
    begun.push('first');
    await first.promise;
    expect(signal.aborted).toBe(true);
    throw new Error('nobody asks any more');
  });
  await Promise.resolve();
  void work.begin(async () => begun.push('never'));
  void work.begin(async (signal) => {
    begun.push('last');
    expect(signal.aborted).toBe(false);
  });
  first.resolve();
  await work.done;
  expect(begun).toEqual(['first', 'last']);
});

test('a failure is told once, and gives up what follows from the same beginning', async () => {
  const { work, problems } = makeWork();
  void work.begin(async () => {
    throw new Error('out of order');
  });
  void work.add(async () => {
    throw new Error('of no interest');
  });
  await work.done;
  expect(problems).toMatchObject([{ kind: 'failed', detail: 'out of order' }]);
  let again = false;
  await work.begin(async () => {
    again = true;
  });
  expect(again).toBe(true);
});

test('a lost device fails all work, whether or not any is under way', async () => {
  const { work, problems } = makeWork();
  const { device, lose } = makeDevice();
  const stuck = open();
  let signal: AbortSignal | undefined;
  void work.begin(async (given) => {
    signal = given;
    work.follow(device);
    work.follow(device);
    await stuck.promise;
  });
  const beside = work.beside(() => stuck.promise);
  await Promise.resolve();
  lose();
  stuck.reject(new Error('a buffer is gone'));
  await Promise.all([work.done, beside]);
  expect(signal?.aborted).toBe(true);
  expect(problems).toMatchObject([{ kind: 'lost', detail: 'pulled out' }]);

  const idle = makeDevice();
  await work.begin(async () => work.follow(idle.device));
  idle.lose();
  await new Promise((done) => setTimeout(done));
  expect(problems).toHaveLength(2);
});

test('a device that is no longer followed may go', async () => {
  const { work, problems } = makeWork();
  const { device, lose } = makeDevice();
  work.follow(device);
  work.follow(undefined);
  lose();
  await new Promise((done) => setTimeout(done));
  expect(problems).toEqual([]);
});

test('what is asked for meanwhile is done after it, once', async () => {
  const first = open();
  let count = 0;
  const repeat = new Repeat(async () => {
    count++;
    if (count === 1) await first.promise;
  });
  const runs = [repeat.run(), repeat.run(), repeat.run()];
  first.resolve();
  await Promise.all(runs);
  expect(count).toBe(2);
  await repeat.run();
  expect(count).toBe(3);
});

test('an error ends a repetition, and it can be asked for again', async () => {
  let fails = true;
  const repeat = new Repeat(async () => {
    if (fails) throw new Error('not now');
  });
  await expect(repeat.run()).rejects.toThrow('not now');
  fails = false;
  await repeat.run();
});
