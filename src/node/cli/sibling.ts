import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { FormatError } from '../../core/errors';

/**
 * The bytes of a file that a model refers to, which lies in the model's own folder or below it. Links
 * that lead out of it, and what is no file, are refused with a {@link FormatError}.
 */
export function readSibling(model: string, location: string): Uint8Array {
  const folder = realpathSync(dirname(model));
  const path = realpathSync(join(folder, location));
  if (!path.startsWith(folder + sep) || !statSync(path).isFile()) {
    throw new FormatError({
      where: `${model}, "${location}"`,
      rule: 'what a model refers to is a file in its own folder',
      found: path,
    });
  }
  return readFileSync(path);
}
