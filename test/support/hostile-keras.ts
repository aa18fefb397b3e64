// Malformed files of Keras: each is refused with an error that names the file, the place, the rule and,
// where there is something to do, what.
import { describe, expect, test } from 'vitest';
import { BatchNormError } from '../../src/core/errors';

export const FILE = 'evil';

/** What is wrong, the error's class, its place, its rule or what was found, and how it is read. */
export type HostileRead = readonly [
  name: string,
  kind: new (...args: never[]) => BatchNormError,
  place: RegExp,
  message: RegExp,
  read: () => Promise<unknown>,
];

/** A test for each. */
export function testRefused(lists: Readonly<Record<string, readonly HostileRead[]>>): void {
  for (const [what, list] of Object.entries(lists)) {
    describe(what, () => {
      test.each(list)('%s', async (_name, kind, place, message, read) => {
        const error = await read().then(
          () => expect.unreachable('the file was accepted'),
          (caught) => caught,
        );
        expect(error).toBeInstanceOf(BatchNormError);
        expect(error).toBeInstanceOf(kind);
        expect(error.where).toMatch(/^evil/);
        expect(error.where).toMatch(place);
        expect(error.message).toMatch(message);
      });
    });
  }
}
