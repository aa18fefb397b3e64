import { FormatError } from '../core/errors';

/** Most that are told of one file: a hostile one may have a million faults. */
const MOST = 100;

/** Collects what is wrong with a file, so that its author hears of all of it at once. */
export class Complaints {
  readonly #errors: FormatError[] = [];
  #count = 0;
  /** What was thrown for all of them. */
  #told?: FormatError;

  /** What `work` gives; undefined where it throws a {@link FormatError}, which is noted. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FormatError) || error === this.#told) throw error;
      this.#errors.push(error);
      this.#count += error.complaints.length;
      if (this.#count >= MOST) this.#throwAny();
      return undefined;
    }
  }

  /** What `work` gives; throws a {@link FormatError} of all that was noted by its end, if anything was. */
  all<T>(work: () => T): T {
    const result = this.attempt(work);
    this.#throwAny();
    return result as T;
  }

  #throwAny(): void {
    const [first] = this.#errors;
    if (!first) return;
    const [complaint, ...others] = this.#errors.flatMap(({ complaints }) => complaints);
    const alone = this.#errors.length === 1;
    this.#told = alone ? first : new FormatError(complaint, { cause: first }, others);
    throw this.#told;
  }
}
