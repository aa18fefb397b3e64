// Turns of Node's event loop while a GPU works: they rest, the longer the longer it takes.
import { expect, test } from 'vitest';
import { Rests, restWhileWaiting } from '../../src/node/rest';

/** Time that only sleeping and turning takes: 0.01 ms a turn. */
class FakeClock {
  time = 0;
  readonly naps: number[] = [];
  readonly turns: (() => void)[] = [];
  now = () => this.time;
  sleep = (ms: number) => {
    this.naps.push(ms);
    this.time += ms;
  };
  next = (turn: () => void) => {
    this.turns.push(turn);
  };
  /** Whether there was a turn to take. */
  turn(): boolean {
    this.time += 0.01;
    const turn = this.turns.shift();
    turn?.();
    return turn !== undefined;
  }
}

function deferred() {
  let resolve = (_: string) => {};
  let reject = (_: Error) => {};
  const promise = new Promise<string>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('rests for a tenth of the wait, half a millisecond at most, and no longer than something is awaited', async () => {
  const clock = new FakeClock();
  const rests = new Rests(clock);
  const [first, second] = [deferred(), deferred()];
  const answers = [rests.until(first.promise), rests.until(second.promise)];
  while (clock.time < 100) clock.turn();
  expect(clock.turns).toHaveLength(1);
  expect(clock.naps[0]).toBeLessThan(0.01);
  clock.naps.reduce((waited, nap) => {
    expect(nap).toBeLessThanOrEqual(0.5);
    expect(nap).toBeLessThanOrEqual(0.1 * (waited + 0.01) + 1e-9);
    return waited + nap + 0.01;
  }, 0);
  expect(clock.naps.at(-1)).toBe(0.5);

  first.resolve('map');
  expect(await answers[0]).toBe('map');
  clock.turn();
  expect(clock.naps.at(-1), 'anew for what is still awaited').toBeLessThan(0.01);
  second.reject(new Error('lost'));
  await expect(answers[1]).rejects.toThrow('lost');
  await settled();
  const { length } = clock.naps;
  expect(clock.turn()).toBe(true);
  expect(clock.turn()).toBe(false);
  expect(clock.naps).toHaveLength(length);

  const third = deferred();
  rests.until(third.promise);
  clock.turn();
  expect(clock.naps).toHaveLength(length + 1);
});

test('methods that answer later give the same answers', async () => {
  class Queue {
    readonly done = 42;
    async onSubmittedWorkDone() {
      return this.done;
    }
  }
  class Device {
    async createComputePipelineAsync(shader: string) {
      throw new Error(shader);
    }
    async createRenderPipelineAsync() {}
  }
  class Buffer {
    async mapAsync() {}
  }
  const { onSubmittedWorkDone } = Queue.prototype;
  restWhileWaiting({ GPUBuffer: Buffer, GPUDevice: Device, GPUQueue: Queue });
  expect(Queue.prototype.onSubmittedWorkDone).not.toBe(onSubmittedWorkDone);
  expect(await new Queue().onSubmittedWorkDone()).toBe(42);
  await expect(new Device().createComputePipelineAsync('no entry')).rejects.toThrow('no entry');
});
