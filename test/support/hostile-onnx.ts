// Malformed ONNX files: each is refused with a FormatError that names the file, the place and the rule.
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { readOnnx } from '../../src/formats/onnx';
import type { TensorProto } from '../../src/formats/onnx/messages';
import { node, onnxFile, type Parts } from './onnx';

export const FILE = 'evil.onnx';

/** A file, and where and why it is refused. */
export type Hostile = readonly [name: string, place: RegExp, rule: RegExp, file: () => Uint8Array];

/** A file of these parts, made when it is its turn. */
export const one = (parts: Parts) => () => onnxFile(parts);
/** A file that adds the initializer `w` to its input. */
export const initializer = (tensor: TensorProto) =>
  one({ nodes: [node('Add', ['x', 'w'], ['y'])], weights: [tensor] });
export const relu = node('Relu', ['x'], ['y']);

/** The error that a file gives: its place and its rule. */
function refusal(bytes: Uint8Array): FormatError {
  try {
    readOnnx(bytes, { name: FILE });
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    const refused = error as FormatError;
    expect(refused.where.startsWith(FILE)).toBe(true);
    expect(refused.rule.length).toBeGreaterThan(5);
    return refused;
  }
  return expect.unreachable('the file was accepted');
}

/** A test for each file. */
export function testRefusals(lists: Readonly<Record<string, readonly Hostile[]>>): void {
  for (const [what, list] of Object.entries(lists)) {
    describe(what, () => {
      for (const [name, place, rule, file] of list) {
        test(name, () => {
          const { where, message } = refusal(file());
          expect(where).toMatch(place);
          expect(message).toMatch(rule);
        });
      }
    });
  }
}
