/**
 * The messages of ONNX files (onnx.proto), as far as this library reads and writes them: what is not
 * named here is skipped when read. Fields that are lists are never absent.
 */

/** `varints`, `floats` and `doubles` are {@link PackedNumbers}. */
export type Scalar = 'string' | 'bytes' | 'int' | 'float' | 'varints' | 'floats' | 'doubles';

/** How a field is written: its number, its type, and whether it is a list. */
export interface Field {
  readonly no: number;
  readonly type: Scalar | (() => Message);
  readonly list: boolean;
}

/** A message type: its name in errors, and its fields. */
// biome-ignore lint/suspicious/noExplicitAny: a message of any type
export interface Message<T = any> {
  readonly name: string;
  readonly fields: { readonly [K in keyof T]-?: Field };
}

/**
 * Numbers of a tensor as they are in the file: whole varints, or little-endian numbers of 4 or 8
 * bytes. They are counted against the tensor's shape before they are unpacked.
 */
export interface PackedNumbers {
  readonly type: 'varints' | 'floats' | 'doubles';
  readonly chunks: readonly Uint8Array[];
}

export interface ModelProto {
  readonly ir_version?: number;
  readonly opset_import: readonly OperatorSetId[];
  readonly producer_name?: string;
  readonly producer_version?: string;
  readonly domain?: string;
  readonly model_version?: number;
  readonly doc_string?: string;
  readonly graph?: GraphProto;
  readonly metadata_props: readonly StringStringEntry[];
  readonly functions: readonly FunctionProto[];
}

export interface OperatorSetId {
  readonly domain?: string;
  readonly version?: number;
}

export interface StringStringEntry {
  readonly key?: string;
  readonly value?: string;
}

/** Read to be refused by name: models with functions of their own are not supported. */
export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name?: string;
  readonly initializer: readonly TensorProto[];
  /** Read to be refused by name. */
  readonly sparse_initializer: readonly Uint8Array[];
  readonly doc_string?: string;
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly op_type?: string;
  readonly domain?: string;
  readonly attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name?: string;
  readonly ref_attr_name?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  /** Of control flow: kept unread. */
  readonly g?: Uint8Array;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
}

export interface TensorProto {
  readonly dims: readonly number[];
  readonly data_type?: number;
  readonly name?: string;
  readonly raw_data?: Uint8Array;
  readonly float_data?: PackedNumbers;
  readonly int32_data?: PackedNumbers;
  readonly int64_data?: PackedNumbers;
  readonly double_data?: PackedNumbers;
  readonly uint64_data?: PackedNumbers;
  readonly external_data: readonly StringStringEntry[];
  /** 0 in this file, 1 in another. */
  readonly data_location?: number;
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
  readonly doc_string?: string;
}

export interface TypeProto {
  readonly tensor_type?: TensorTypeProto;
}

export interface TensorTypeProto {
  readonly elem_type?: number;
  readonly shape?: TensorShapeProto;
}

export interface TensorShapeProto {
  readonly dim: readonly Dimension[];
}

export interface Dimension {
  readonly dim_value?: number;
  readonly dim_param?: string;
}

const one = (no: number, type: Field['type']): Field => ({ no, type, list: false });
const many = (no: number, type: Field['type']): Field => ({ no, type, list: true });

const OPERATOR_SET_ID: Message<OperatorSetId> = {
  name: 'OperatorSetIdProto',
  fields: { domain: one(1, 'string'), version: one(2, 'int') },
};

const STRING_STRING_ENTRY: Message<StringStringEntry> = {
  name: 'StringStringEntryProto',
  fields: { key: one(1, 'string'), value: one(2, 'string') },
};

const FUNCTION: Message<FunctionProto> = {
  name: 'FunctionProto',
  fields: { name: one(1, 'string'), domain: one(10, 'string') },
};

const DIMENSION: Message<Dimension> = {
  name: 'Dimension',
  fields: { dim_value: one(1, 'int'), dim_param: one(2, 'string') },
};

const TENSOR_SHAPE: Message<TensorShapeProto> = {
  name: 'TensorShapeProto',
  fields: { dim: many(1, () => DIMENSION) },
};

const TENSOR_TYPE: Message<TensorTypeProto> = {
  name: 'TypeProto.Tensor',
  fields: { elem_type: one(1, 'int'), shape: one(2, () => TENSOR_SHAPE) },
};

const TYPE: Message<TypeProto> = {
  name: 'TypeProto',
  fields: { tensor_type: one(1, () => TENSOR_TYPE) },
};

const VALUE_INFO: Message<ValueInfoProto> = {
  name: 'ValueInfoProto',
  fields: { name: one(1, 'string'), type: one(2, () => TYPE), doc_string: one(3, 'string') },
};

/** A tensor: an initializer, an attribute, or a file of test data by itself. */
export const TENSOR: Message<TensorProto> = {
  name: 'TensorProto',
  fields: {
    dims: many(1, 'int'),
    data_type: one(2, 'int'),
    float_data: one(4, 'floats'),
    int32_data: one(5, 'varints'),
    int64_data: one(7, 'varints'),
    name: one(8, 'string'),
    raw_data: one(9, 'bytes'),
    double_data: one(10, 'doubles'),
    uint64_data: one(11, 'varints'),
    external_data: many(13, () => STRING_STRING_ENTRY),
    data_location: one(14, 'int'),
  },
};

const ATTRIBUTE: Message<AttributeProto> = {
  name: 'AttributeProto',
  fields: {
    name: one(1, 'string'),
    f: one(2, 'float'),
    i: one(3, 'int'),
    s: one(4, 'bytes'),
    t: one(5, () => TENSOR),
    g: one(6, 'bytes'),
    floats: many(7, 'float'),
    ints: many(8, 'int'),
    strings: many(9, 'bytes'),
    type: one(20, 'int'),
    ref_attr_name: one(21, 'string'),
  },
};

const NODE: Message<NodeProto> = {
  name: 'NodeProto',
  fields: {
    input: many(1, 'string'),
    output: many(2, 'string'),
    name: one(3, 'string'),
    op_type: one(4, 'string'),
    attribute: many(5, () => ATTRIBUTE),
    domain: one(7, 'string'),
  },
};

const GRAPH: Message<GraphProto> = {
  name: 'GraphProto',
  fields: {
    node: many(1, () => NODE),
    name: one(2, 'string'),
    initializer: many(5, () => TENSOR),
    doc_string: one(10, 'string'),
    input: many(11, () => VALUE_INFO),
    output: many(12, () => VALUE_INFO),
    sparse_initializer: many(15, 'bytes'),
  },
};

/** A whole model file. */
export const MODEL: Message<ModelProto> = {
  name: 'ModelProto',
  fields: {
    ir_version: one(1, 'int'),
    producer_name: one(2, 'string'),
    producer_version: one(3, 'string'),
    domain: one(4, 'string'),
    model_version: one(5, 'int'),
    doc_string: one(6, 'string'),
    graph: one(7, () => GRAPH),
    opset_import: many(8, () => OPERATOR_SET_ID),
    metadata_props: many(14, () => STRING_STRING_ENTRY),
    functions: many(25, () => FUNCTION),
  },
};
