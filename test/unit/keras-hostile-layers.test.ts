// tf.layers models whose layers are malformed, or carry what is no layer.
import { BatchNormError, FormatError, LimitError, ShapeError } from '../../src/core/errors';
import {
  type Hostile,
  type Loose,
  layersFile,
  layersOf,
  testRefusals,
} from '../support/hostile-keras';
import { applied, functionalTopology, inputLayer, layer } from '../support/keras-files';

const lambda = layer('Lambda', {
  name: 'l',
  function: ['4wEAAAA=', null, null],
  function_type: 'lambda',
});
const CODE: readonly Hostile[] = [
  [
    'Lambda',
    FormatError,
    /layers\[0\] "l"/,
    /no code; found the class "Lambda".*not run/,
    layersOf(lambda),
  ],
  [
    '__lambda__ as an activation',
    FormatError,
    /Dense "a"/,
    /no code; found the class "__lambda__"/,
    layersOf(
      layer('Dense', {
        name: 'a',
        units: 2,
        batch_input_shape: [null, 3],
        activation: { class_name: '__lambda__', config: {} },
      }),
    ),
  ],
  [
    'TFOpLambda',
    FormatError,
    /layers\[0\]/,
    /no code; found the class "TFOpLambda"/,
    layersOf(layer('TFOpLambda', { name: 'o', function: 'math.add' })),
  ],
  [
    'a class of the module os',
    FormatError,
    /layers\[0\]/,
    /Keras’ own modules; found the module "os"/,
    layersOf(layer('Dense', { name: 'a' }, { module: 'os' })),
  ],
  [
    'a module that only starts like Keras',
    FormatError,
    /layers\[0\]/,
    /found the module "keras_evil"/,
    layersOf(layer('Dense', { name: 'a' }, { module: 'keras_evil' })),
  ],
  [
    'a module deep in a config',
    FormatError,
    /Dense "a"/,
    /found the module "os"/,
    layersOf(
      layer('Dense', {
        name: 'a',
        units: 2,
        kernel_initializer: { module: 'os', class_name: 'system', config: 'id' },
      }),
    ),
  ],
  [
    'a function',
    FormatError,
    /layers\[0\]/,
    /no code; found the class "function"/,
    layersOf(layer('function', { name: 'f' }, { module: 'keras.config' })),
  ],
  [
    'a registered class',
    FormatError,
    /layers\[0\]/,
    /registered as "Mine>Dense"/,
    layersOf(layer('Dense', { name: 'a' }, { registered_name: 'Mine>Dense' })),
  ],
  [
    'an unknown class',
    FormatError,
    /layers\[0\]/,
    /supported; found "Conv2d".*near it are Conv2D/,
    layersOf(layer('Conv2d', { name: 'a' })),
  ],
  [
    'a class named __proto__',
    FormatError,
    /layers\[0\]/,
    /supported; found "__proto__"/,
    layersOf(layer('__proto__', { name: 'a' })),
  ],
  [
    'a class named constructor',
    FormatError,
    /layers\[0\]/,
    /supported; found "constructor"/,
    layersOf(layer('constructor', { name: 'a' })),
  ],
  [
    'an activation of its own',
    FormatError,
    /Dense "a"/,
    /activation is one of .*found "my_act".*not run/,
    layersOf(
      layer('Dense', { name: 'a', units: 2, activation: 'my_act', batch_input_shape: [null, 3] }),
    ),
  ],
  [
    'an activation named constructor',
    FormatError,
    /Dense "a"/,
    /found "constructor"/,
    layersOf(
      layer('Dense', {
        name: 'a',
        units: 2,
        activation: 'constructor',
        batch_input_shape: [null, 3],
      }),
    ),
  ],
  [
    'a model of another class',
    FormatError,
    /^evil$/,
    /supported; found "Mine"/,
    layersFile((json) => {
      json.modelTopology.class_name = 'Mine';
    }),
  ],
  [
    'a layer as the model',
    FormatError,
    /^evil$/,
    /model’s class is one of/,
    layersFile((json) => {
      json.modelTopology.class_name = 'Dense';
    }),
  ],
  [
    'a graph model',
    FormatError,
    /^evil$/,
    /format is layers-model.*ONNX/,
    layersFile((json) => {
      json.format = 'graph-model';
    }),
  ],
];

const input = inputLayer('x', [3]);
const dense = (name: string, from: string) => applied('Dense', name, { units: 3 }, [from]);
const graph = (layers: readonly unknown[], inputs = ['x'], outputs = ['b']) =>
  layersFile((json) => {
    Object.assign(json.modelTopology, functionalTopology(layers, inputs, outputs));
  });
const nodes = (inbound_nodes: unknown) =>
  graph([input, layer('Dense', { name: 'b', units: 2 }, { name: 'b', inbound_nodes })]);

/** Models within models, each of which applies the next twice: 2^levels calls. */
function doubling(levels: number): Loose {
  if (!levels) return functionalTopology([input, dense('b', 'x')], ['x'], ['b'], 'm0');
  const inner = doubling(levels - 1);
  const calls = [[['x', 0, 0, {}]], [['m', 1, 0, {}]]];
  const nested = {
    ...inner,
    name: 'm',
    config: { ...inner.config, name: 'm' },
    inbound_nodes: calls,
  };
  const outer = functionalTopology([input, nested], ['x'], ['m'], `m${levels}`);
  outer.config.output_layers = [['m', 2, 0]];
  return outer;
}

const nested = (levels: number): Loose =>
  levels
    ? layer('Sequential', { name: 's', layers: [nested(levels - 1)] })
    : layer('Dense', { name: 'a', units: 2, batch_input_shape: [null, 3] });

const GRAPHS: readonly Hostile[] = [
  [
    'a circle',
    FormatError,
    /^evil$/,
    /without a circle; found nothing that makes "[ab]"/,
    graph([input, dense('a', 'b'), dense('b', 'a')]),
  ],
  [
    'a layer that reads itself',
    FormatError,
    /^evil$/,
    /without a circle/,
    graph([input, dense('b', 'b')]),
  ],
  [
    'a tensor of no layer',
    FormatError,
    /^evil$/,
    /nothing that makes "nowhere" \(node 0\)/,
    graph([input, dense('b', 'nowhere')]),
  ],
  [
    'an application that is not there',
    FormatError,
    /^evil$/,
    /nothing that makes "x" \(node 7\)/,
    nodes([[['x', 7, 0, {}]]]),
  ],
  [
    'an output that is not there',
    FormatError,
    /^evil$/,
    /references are to outputs that are there/,
    nodes([[['x', 0, 3, {}]]]),
  ],
  [
    'a node of −1',
    FormatError,
    /inbound_nodes\[0\]/,
    /a name and two indices/,
    nodes([[['x', -1, 0, {}]]]),
  ],
  [
    'a constant as an argument',
    FormatError,
    /inbound_nodes\[0\]/,
    /two indices.*such as Rescaling/,
    nodes([[['_CONSTANT_VALUE', -1, 5, {}]]]),
  ],
  [
    'arguments by name',
    FormatError,
    /inbound_nodes\[0\]/,
    /called with tensors.*found "y" /,
    nodes([[['x', 0, 0, { y: ['x', 0, 0] }]]]),
  ],
  [
    'code as an argument',
    FormatError,
    /inbound_nodes\[0\]/,
    /arguments are tensors; found "function"/,
    nodes([
      {
        args: [
          {
            module: 'keras.config',
            class_name: 'function',
            config: 'enable_unsafe_deserialization',
          },
        ],
        kwargs: {},
      },
    ]),
  ],
  ['nodes that are no list', FormatError, /layer "b"/, /inbound_nodes is a list/, nodes({})],
  [
    'an output that no layer makes',
    FormatError,
    /^evil$/,
    /output_layers names what its layers make; found "c" \(node 0\)/,
    graph([input, dense('b', 'x')], ['x'], ['c']),
  ],
  [
    'an input that is no InputLayer',
    FormatError,
    /^evil$/,
    /input_layers names layers of class InputLayer; found "b"/,
    graph([input, dense('b', 'x')], ['b']),
  ],
  [
    'no inputs',
    FormatError,
    /^evil$/,
    /input_layers and output_layers/,
    graph([input, dense('b', 'x')], []),
  ],
  [
    'a name twice',
    FormatError,
    /^evil$/,
    /different names; found "b"/,
    graph([input, dense('b', 'x'), dense('b', 'x')]),
  ],
  [
    'a model within a model 17 times',
    LimitError,
    /Sequential "s"|layers/,
    /at most 16 deep|64 deep/,
    layersOf(nested(18)),
  ],
  [
    '2^15 calls by doubling',
    LimitError,
    /^evil/,
    /at most 16384 applications/,
    layersFile((json) => {
      Object.assign(json.modelTopology, doubling(15));
    }),
  ],
  [
    '5000 layers',
    LimitError,
    /^evil$/,
    /at most 4096 layers/,
    layersOf(
      ...Array.from({ length: 5000 }, (_, i) =>
        layer('ReLU', { name: `r${i}`, ...(i === 0 && { batch_input_shape: [null, 3] }) }),
      ),
    ),
  ],
  ['no layers', FormatError, /^evil$/, /at least one layer/, layersOf()],
  [
    'layers that are no list',
    FormatError,
    /^evil/,
    /layers is a list/,
    layersFile((json) => {
      json.modelTopology.config.layers = {};
    }),
  ],
];

const only = (className: string, config: object, shape: readonly (number | null)[] = [4, 4, 2]) =>
  layersOf(layer(className, { name: 'l', batch_input_shape: [null, ...shape], ...config }));
const CONFIGS: readonly Hostile[] = [
  [
    'units 1e9',
    ShapeError,
    /Dense "l"/,
    /at most 2147483647 elements/,
    only('Dense', { units: 1e9 }, [3]),
  ],
  [
    'units 1e8, which the file does not have',
    FormatError,
    /Dense "l"/,
    /has its weight kernel/,
    only('Dense', { units: 1e8 }, [3]),
  ],
  [
    'units 1e30',
    FormatError,
    /Dense "l"/,
    /units is an integer from 1 on/,
    only('Dense', { units: 1e30 }, [3]),
  ],
  [
    'units 0',
    FormatError,
    /Dense "l"/,
    /units is an integer from 1 on; found 0/,
    only('Dense', { units: 0 }, [3]),
  ],
  [
    'units as text',
    FormatError,
    /Dense "l"/,
    /units is an integer from 1 on; found "2"/,
    only('Dense', { units: '2' }, [3]),
  ],
  [
    'strides 0',
    FormatError,
    /Conv2D "l"/,
    /strides is one or two integers from 1 on/,
    only('Conv2D', { filters: 1, kernel_size: 1, strides: 0 }),
  ],
  [
    'a kernel of 10^9',
    ShapeError,
    /Conv2D "l"/,
    /at most 2147483647 elements/,
    only('Conv2D', { filters: 1, kernel_size: 1e9 }),
  ],
  [
    'groups that do not divide',
    BatchNormError,
    /Conv2D "l"/,
    /groups/,
    only('Conv2D', { filters: 3, kernel_size: 1, groups: 2 }),
  ],
  [
    'padding of 10^9',
    ShapeError,
    /ZeroPadding2D "l"/,
    /at most 2147483647 elements/,
    only('ZeroPadding2D', { padding: 1e9 }),
  ],
  [
    'padding below 0',
    FormatError,
    /ZeroPadding2D "l"/,
    /padding is integers from 0 on/,
    only('ZeroPadding2D', { padding: -1 }),
  ],
  [
    'cropping of everything',
    ShapeError,
    /Cropping2D "l"/,
    /something is left/,
    only('Cropping2D', { cropping: 2 }),
  ],
  [
    '10^9 times as large',
    ShapeError,
    /UpSampling2D "l"/,
    /at most 2147483647 elements/,
    only('UpSampling2D', { size: 1e9 }),
  ],
  [
    'two extents left open',
    BatchNormError,
    /Reshape "l"/,
    /-1/,
    only('Reshape', { target_shape: [-1, -1] }),
  ],
  [
    'a permutation that is none',
    ShapeError,
    /Permute "l"/,
    /permutation/,
    only('Permute', { dims: [1, 1, 2] }),
  ],
  [
    'an axis out of range',
    FormatError,
    /BatchNormalization "l"/,
    /axis is one axis of 4/,
    only('BatchNormalization', { axis: 7 }),
  ],
  [
    'ε below 0',
    BatchNormError,
    /BatchNormalization "l"/,
    /epsilon/,
    only('BatchNormalization', { epsilon: -1 }),
  ],
  [
    'ε that is no number',
    FormatError,
    /BatchNormalization "l"/,
    /epsilon is a finite number/,
    only('BatchNormalization', { epsilon: 'x' }),
  ],
  [
    'momentum 2',
    BatchNormError,
    /BatchNormalization "l"/,
    /momentum/,
    only('BatchNormalization', { momentum: 2 }),
  ],
  [
    'renorm',
    FormatError,
    /BatchNormalization "l"/,
    /renorm is false; found true/,
    only('BatchNormalization', { renorm: true }),
  ],
  ['a rate of 2', BatchNormError, /Dropout "l"/, /rate/, only('Dropout', { rate: 2 })],
  [
    'a name with a quote',
    BatchNormError,
    /Dense/,
    /a name has/,
    layersOf(layer('Dense', { name: 'a"b', units: 2, batch_input_shape: [null, 3] })),
  ],
  [
    'a name of 1 MB',
    BatchNormError,
    /Dense/,
    /a name has/,
    layersOf(layer('Dense', { name: 'a'.repeat(1e6), units: 2, batch_input_shape: [null, 3] })),
  ],
  [
    'an input that is open',
    FormatError,
    /^evil$/,
    /is known; found \[\?,4,2\].*Give inputShapes/,
    only('ReLU', {}, [null, 4, 2]),
  ],
  [
    'no input shape',
    FormatError,
    /^evil$/,
    /is known; found none/,
    layersOf(layer('ReLU', { name: 'l' })),
  ],
  [
    'an input of 0',
    FormatError,
    /.*/,
    /batch_input_shape is null and up to seven extents/,
    only('ReLU', {}, [0]),
  ],
  [
    'an input of 2^40',
    ShapeError,
    /.*/,
    /at most 2147483647 elements/,
    only('ReLU', {}, [2 ** 20, 2 ** 20]),
  ],
];

testRefusals({ code: CODE, graphs: GRAPHS, configs: CONFIGS });
