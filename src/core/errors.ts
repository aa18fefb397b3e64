/** What every error of this library says: the thing, the rule, what was found, and what to do. */
export interface Complaint {
  /** The layer, op, file or argument that is at fault, as the caller knows it. */
  readonly where: string;
  /** The rule that was broken. */
  readonly rule: string;
  /** What was found instead. */
  readonly found?: string;
  /** What the caller can do about it. */
  readonly remedy?: string;
}

const MOST_SHOWN = 400;

/** Names and numbers from files may be long: a message shows their beginning. */
function clipped(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** Base of all errors thrown on purpose by this library. */
export class BatchNormError extends Error {
  readonly where: string;
  readonly rule: string;
  readonly found?: string;
  readonly remedy?: string;

  constructor(complaint: Complaint, options?: ErrorOptions) {
    const { where, rule, found, remedy } = complaint;
    super(
      `${clipped(where)}: ${rule}${found ? `; found ${clipped(found)}` : ''}.${remedy ? ` ${clipped(remedy)}` : ''}`,
      options,
    );
    this.name = new.target.name;
    this.where = where;
    this.rule = rule;
    this.found = found;
    this.remedy = remedy;
  }
}

/** Shapes that do not fit together, or a tensor with the wrong number of elements. */
export class ShapeError extends BatchNormError {}
/** A tensor of a data type that the op or the adapter cannot take. */
export class DTypeError extends BatchNormError {}
/** An option or hyper-parameter outside its range. */
export class ArgumentError extends BatchNormError {}
/** A name that is not there, or is there twice. */
export class NameError extends BatchNormError {}
/** A graph that breaks the rules of the IR. */
export class GraphError extends BatchNormError {}
/** Data with values that cannot be right: a label out of range, one value a channel in training. */
export class DataError extends BatchNormError {}
/** A file that breaks the rules of its format, or has what is not supported. */
export class FormatError extends BatchNormError {
  /** All that was found wrong, where the reader could go on; the error itself tells the first. */
  readonly complaints: readonly Complaint[];

  constructor(complaint: Complaint, options?: ErrorOptions, others: readonly Complaint[] = []) {
    super(complaint, options);
    this.complaints = [complaint, ...others];
    if (others.length) this.message += ` (${others.length} more in complaints)`;
  }
}
/** A request that exceeds a limit of the device, found before anything is allocated. */
export class LimitError extends BatchNormError {}
/** The device ran out of memory. */
export class OutOfMemoryError extends BatchNormError {}
/** No WebGPU implementation, no adapter, or a missing feature. */
export class DeviceError extends BatchNormError {}
/** The device was lost; what was pending is rejected with this. */
export class DeviceLostError extends BatchNormError {}
/** An object used after `dispose()`. */
export class DisposedError extends BatchNormError {}
/** An object used in a way its state forbids: concurrent runs, a foreign device. */
export class StateError extends BatchNormError {}
/** A GPU validation or shader compilation error: a fault of this library, with its details. */
export class KernelError extends BatchNormError {}
