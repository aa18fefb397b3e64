// Shaders as text in a bundle: without comments and spaces, and with short names for what is local to
// a function. A declaration is a line, so that a compiler's message still says which.

/** Words and numbers; comments; anything else, a character at a time. */
const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|[A-Za-z_]\w*|\d[\w.]*|[\s\S]/g;
const WORD = /^[A-Za-z_]/;

/**
 * @param {string} text
 * @param {ReadonlySet<string>} globals names declared outside functions, in this file or another
 */
export function minifyWgsl(text, globals) {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !/^(\/\/|\/\*)/.test(token));
  const short = functionsIn(tokens).flatMap((range) => renamings(tokens, range, globals));
  for (const [i, name] of short) tokens[i] = name;
  return spaceless(tokens);
}

/** Names that a shader declares outside its functions: those do not stand indented. @param {string} text */
export function globalsOf(text) {
  const plain = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const declared = /^(?:@[^\n]*\) )?(?:fn|struct|alias|const|override|var(?:<[^>]*>)?)\s+(\w+)/gm;
  return [...plain.matchAll(declared)].map(([, name]) => name);
}

/** From `fn` to the brace that ends it. @param {readonly string[]} tokens */
function functionsIn(tokens) {
  /** @type {[number, number][]} */
  const found = [];
  for (let start = tokens.indexOf('fn'); start >= 0; start = tokens.indexOf('fn', start + 1)) {
    let depth = 0;
    let end = tokens.indexOf('{', start);
    do {
      if (tokens[end] === '{') depth++;
      if (tokens[end] === '}') depth--;
      end++;
    } while (depth > 0);
    found.push([start, end]);
  }
  return found;
}

/**
 * @param {readonly string[]} tokens
 * @param {[number, number]} range
 * @param {ReadonlySet<string>} globals
 * @returns {[number, string][]} what stands at which place
 */
function renamings(tokens, [start, end], globals) {
  /** @type {number[]} */
  const words = [];
  for (let i = start; i < end; i++) if (tokens[i].trim()) words.push(i);
  const at = (/** @type {number} */ k) => tokens[words[k]] ?? '';
  const locals = new Set();
  const called = new Set();
  const body = words.findIndex((i) => tokens[i] === '{');
  words.forEach((i, k) => {
    if (!WORD.test(tokens[i])) return;
    const parameter = k < body && at(k + 1) === ':';
    const local = k > body && (/^(let|var|const)$/.test(at(k - 1)) || endsTemplate(at, k));
    if (parameter || local) locals.add(tokens[i]);
    if (at(k + 1) === '(') called.add(tokens[i]);
  });
  const kept = new Set(words.map((i) => tokens[i]));
  const names = shortNames(kept);
  const short = new Map();
  for (const name of locals) {
    // A local may have the name of what it is made from: `let length = length(v)`.
    if (!globals.has(name) && !called.has(name) && name.length > 1)
      short.set(name, names.next().value);
  }
  return words.flatMap((i, k) => {
    const name = at(k - 1) === '.' ? undefined : short.get(tokens[i]);
    return name ? [/** @type {[number, string]} */ ([i, name])] : [];
  });
}

/** Whether the word at `k` follows `var<…>`. @param {(k: number) => string} at @param {number} k */
function endsTemplate(at, k) {
  return at(k - 1) === '>' && at(k - 3) === '<' && at(k - 4) === 'var';
}

/** a, b, … but for those in `taken`. @param {ReadonlySet<string>} taken */
function* shortNames(taken) {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (const prefix of ['', ...letters]) {
    for (const letter of letters) if (!taken.has(prefix + letter)) yield prefix + letter;
  }
  throw new Error('a function has too many locals');
}

/**
 * A declaration a line: what belongs to one stands indented, closes it, or is an attribute before it. Spaces
 * stay between words and two of the same sign.
 * @param {readonly string[]} tokens
 */
function spaceless(tokens) {
  const space = (
    /** @type {string} */ _,
    /** @type {string} */ before,
    /** @type {string} */ after,
  ) => before + (before === after && /^[-+]?$/.test(before) ? ' ' : '');
  return tokens
    .join('')
    .replace(/\n(?=[\s)}])/g, ' ')
    .replace(/^(@[^;\n]*)\n/gm, '$1 ')
    .split('\n')
    .map((line) => line.trim().replace(/([^\w\s]?)\s+(?=([^\w\s]?))/g, space))
    .map((line) => line.replace(/,(?=[)}])/g, ''))
    .filter(Boolean)
    .join('\n');
}
