// Reads what Keras puts into HDF5 files with h5wasm's build for memory. Plain JavaScript: a worker loads
// it as it is.

/**
 * @typedef {object} H5Dataset
 * @property {string} path Without / in front.
 * @property {number[]} shape
 * @property {Float32Array} values
 */

/**
 * What is wrong with a file, as data: errors do not cross threads whole.
 * @typedef {object} H5Complaint
 * @property {string} place
 * @property {string} rule
 * @property {string} [found]
 * @property {string} [remedy]
 */

/**
 * @typedef {object} H5Contents
 * @property {H5Dataset[]} datasets
 * @property {[path: string, name: string, value: string | string[]][]} attributes
 */

const DEEPEST = 32;
const MOST_OBJECTS = 65_536;
/** Chunks are read whole, one at a time, and Keras writes none: more is a bomb. */
const LARGEST_CHUNK = 2 ** 26;
const MOST_TEXT = 2 ** 26;
/** Groups that hold nothing of the model's: what training left. */
const SKIPPED = new Set(['optimizer', 'optimizer_weights', 'metrics', '_compile_metrics']);
/** State of random numbers, within layers. */
const SEEDS = 'seed_generator';
/** Attributes that say what weights are, or what the model is. */
const TEXTS = /^(model_config|keras_version|backend|name|layer_names\d*|weight_names\d*)$/;
const [INTEGER, FLOAT, STRING] = [0, 1, 3];
/** Filters whose output is at most this many times as long: deflate. Others copy. */
const INFLATION = 1032;

/** @param {H5Complaint} complaint @returns {never} */
function refuse(complaint) {
  throw Object.assign(new Error(complaint.rule), { complaint });
}

/** @param {string} place @param {string} found */
function elsewhere(place, found) {
  const remedy = 'Save the model with its weights inside.';
  refuse({ place, rule: 'its numbers are in this file', found, remedy });
}

/**
 * All numbers and the texts that matter of an HDF5 file. What `h5` reads lies in its own memory, from
 * where no file of the host can be reached; links are refused all the same.
 * @param {any} h5 h5wasm's default export
 * @param {any} module what its `ready` gives
 * @param {Uint8Array} bytes
 * @param {number} maxBytes of all numbers together
 * @returns {H5Contents}
 */
export function readHdf5(h5, module, bytes, maxBytes) {
  const { FS } = module;
  const path = `/${Math.random().toString(36).slice(2)}.h5`;
  module.activate_throwing_error_handler();
  // External storage could name a device: none is there while this file is read.
  FS.rename('/dev', '/dev-away');
  FS.writeFile(path, bytes);
  try {
    const file = new h5.File(path, 'r');
    try {
      return readAll(module, file, bytes.length, maxBytes);
    } finally {
      file.close();
    }
  } finally {
    FS.rename('/dev-away', '/dev');
    FS.unlink(path);
    module.deactivate_throwing_error_handler();
  }
}

/** @param {any} module @param {any} file @param {number} size @param {number} maxBytes @returns {H5Contents} */
function readAll(module, file, size, maxBytes) {
  const id = file.file_id;
  /** @type {H5Contents} */
  const contents = { datasets: [], attributes: [] };
  let objects = 0;
  let left = maxBytes;

  /** @param {string} path @param {number} depth */
  const visit = (path, depth) => {
    objects++;
    if (depth > DEEPEST || objects > MOST_OBJECTS) {
      const rule = `groups nest at most ${DEEPEST} deep, and hold at most ${MOST_OBJECTS} things`;
      refuse({ place: path, rule, found: 'more: a group that contains itself, perhaps' });
    }
    readTexts(path);
    for (const name of module.get_names(id, path || '/', false)) {
      if (name === SEEDS || (depth === 0 && SKIPPED.has(name))) continue;
      const inner = `${path}/${name}`;
      const type = module.get_type(id, inner);
      if (module.get_symbolic_link(id, inner) || (type !== 0 && type !== 1)) {
        const remedy = 'Save the model with Keras, which makes none.';
        refuse({
          place: inner,
          rule: 'it has no links, and nothing but groups and datasets',
          remedy,
        });
      }
      if (type === 0) visit(inner, depth + 1);
      else readNumbers(inner);
    }
  };

  /** @param {string} path */
  const readTexts = (path) => {
    for (const name of module.get_attribute_names(id, path || '/')) {
      if (!TEXTS.test(name)) continue;
      const {
        type,
        size: each,
        total_size: count,
      } = module.get_attribute_metadata(id, path || '/', name);
      if (type !== STRING || each * count > Math.min(size, MOST_TEXT)) {
        refuse({ place: path, rule: `its attribute ${name} is text within the file` });
      }
      const value = file.get(path || '/').get_attribute(name);
      const texts = Array.isArray(value) ? value : [value];
      if (texts.some((text) => typeof text !== 'string')) {
        refuse({ place: path, rule: `its attribute ${name} is text` });
      }
      contents.attributes.push([path.slice(1), name, value]);
    }
  };

  /** @param {string} path */
  const readNumbers = (path) => {
    const metadata = module.get_dataset_metadata(id, path);
    const { type, size: each, shape, chunks, virtual_sources: sources } = metadata;
    if (sources?.length) elsewhere(path, 'a virtual dataset');
    if (!shape || (type !== FLOAT && type !== INTEGER) || each > 8) {
      refuse({ place: path, rule: 'it is a tensor of floats or integers' });
    }
    const filters = module.get_dataset_filters(id, path);
    const bytes = shape.reduce(
      (/** @type {number} */ product, /** @type {number} */ n) => product * n,
      each,
    );
    const possible = filters.length ? size * INFLATION : size;
    if (!(bytes <= possible) || shape.length > 8) {
      const found = `[${shape}] in ${size} bytes of file`;
      refuse({ place: path, rule: 'its numbers fit the file', found });
    }
    const chunk = (chunks ?? []).reduce(
      (/** @type {number} */ product, /** @type {number} */ n) => product * n,
      each,
    );
    if (chunk > LARGEST_CHUNK) {
      refuse({
        place: path,
        rule: `chunks have at most ${LARGEST_CHUNK} bytes`,
        found: String(chunk),
      });
    }
    left -= bytes;
    if (left < 0) {
      const remedy = 'Give a larger maxBytes.';
      refuse({
        place: path,
        rule: `its numbers have at most ${maxBytes} bytes`,
        found: 'more',
        remedy,
      });
    }
    const value = valueAt(path);
    const numbers = typeof value === 'number' || typeof value === 'bigint' ? [value] : value;
    contents.datasets.push({
      path: path.slice(1),
      shape: [...shape],
      values: Float32Array.from(numbers, Number),
    });
  };

  /** @param {string} path */
  const valueAt = (path) => {
    try {
      return file.get(path).value;
    } catch (error) {
      // The library's report names the function that looks for the list of external files.
      if (String(error).includes('H5D__efl_')) elsewhere(path, 'external storage');
      throw error;
    }
  };

  visit('', 0);
  return contents;
}

/** What went wrong, as data. @param {unknown} error @returns {H5Complaint} */
export function complaintOf(error) {
  if (error instanceof Error && 'complaint' in error) {
    return /** @type {H5Complaint} */ (error.complaint);
  }
  const text = String(error instanceof Error ? error.message : error);
  // The last lines of HDF5's own report say what it found.
  const minor = text
    .match(/minor: (.*)/g)
    ?.at(-1)
    ?.slice('minor: '.length);
  const found = (minor ?? text.split('\n')[0]).slice(0, 120);
  return {
    place: '',
    rule: 'it is a whole HDF5 file',
    found,
    remedy: 'Save or download it again.',
  };
}
