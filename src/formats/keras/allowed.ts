import { FormatError } from '../../core/errors';
import { nearest } from '../../core/nearest';
import { CLASSES } from './classes';
import { type Fields, shown } from './fields';

/** Models within models. */
export const CONTAINERS: ReadonlySet<string> = new Set(['Sequential', 'Functional', 'Model']);

/** Classes that hold code, or stand for it. */
const CODE =
  /^_*lambda_*$|^TFOpLambda$|^SlicingOpLambda$|^ClassMethod$|^TensorFlowOpLayer$|^function$|^TFSMLayer$|^TorchModuleWrapper$|^(Jax|Flax)Layer$/i;
const MODULE =
  /^(keras|tf_keras|keras_core|tensorflow\.keras|tensorflow\.python\.keras|builtins)(\.|$)/;
const CODE_REMEDY = 'Code from a file is not run: write what it does with layers, and save again.';

/**
 * The class of a layer in a file. Throws a {@link FormatError} for anything but Keras' own, for code,
 * and for what is not supported; `known` are the classes that may stand there.
 */
export function classOf(layer: Fields): string {
  checkSerialized(layer, layer.where);
  const name = layer.text('class_name');
  const registered = layer.raw('registered_name');
  const own = registered === undefined || registered === name || /^keras/i.test(String(registered));
  if (own && (CLASSES.has(name) || CONTAINERS.has(name))) return name;
  if (own && (name === 'InputLayer' || name === 'TimeDistributed')) return name;
  const near = nearest(name, CLASSES.keys());
  throw new FormatError({
    where: layer.where,
    rule: 'its class is one of the layers of Keras that are supported',
    found: own ? shown(name) : `${shown(name)}, registered as ${shown(registered)}`,
    remedy: `docs/keras.md lists them${near.length ? `; near it are ${near.join(', ')}` : ''}.`,
  });
}

/** Throws where a serialised object is code, or of a module that is not Keras'. */
function checkSerialized(object: Fields, where: string): void {
  const name = object.raw('class_name');
  if (typeof name === 'string' && CODE.test(name)) {
    throw new FormatError({
      where,
      rule: 'it has no code',
      found: `the class ${shown(name)}`,
      remedy: CODE_REMEDY,
    });
  }
  const module = object.raw('module');
  if (module === undefined || (typeof module === 'string' && MODULE.test(module))) return;
  throw new FormatError({
    where,
    rule: 'all its classes are of Keras’ own modules',
    found: `the module ${shown(module)}`,
    remedy: CODE_REMEDY,
  });
}

/** Throws where anything in a layer's config is code or of a module that is not Keras'. */
export function checkConfig(config: unknown, make: (value: unknown) => Fields): void {
  if (typeof config !== 'object' || config === null) return;
  if (!Array.isArray(config)) {
    const object = make(config);
    if (object.has('class_name')) checkSerialized(object, object.where);
  }
  for (const value of Object.values(config)) checkConfig(value, make);
}
