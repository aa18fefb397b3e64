// Any WebGPU error that nobody captured fails the test during which it happened.
import { afterEach, expect } from 'vitest';
import { settle, uncaught } from './gpu';

afterEach(async () => {
  await settle();
  const errors = uncaught.splice(0);
  expect(errors, 'uncaptured WebGPU errors').toEqual([]);
});
