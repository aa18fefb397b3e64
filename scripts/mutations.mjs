// Small faults to plant in WGSL, one at a time: what a slip of the hand makes.

/**
 * @typedef {object} Mutant
 * @property {string} file Path below shaders/.
 * @property {number} line From 1.
 * @property {string} kind
 * @property {string} from The line as it is.
 * @property {string} to The line with the fault.
 */

/** @typedef {{ kind: string, pattern: RegExp, to: string | ((...parts: string[]) => string) }} Rule */

/** @type {Rule[]} */
const rules = [
  { kind: '+ → −', pattern: / \+ /g, to: ' - ' },
  { kind: '− → +', pattern: / - /g, to: ' + ' },
  { kind: '* → +', pattern: / \* /g, to: ' + ' },
  { kind: '/ → *', pattern: / \/ /g, to: ' * ' },
  { kind: '% → /', pattern: / % /g, to: ' / ' },
  { kind: '+= → =', pattern: / \+= /g, to: ' = ' },
  { kind: '+= → -=', pattern: / \+= /g, to: ' -= ' },
  { kind: '*=, /= → =', pattern: / [*/]= /g, to: ' = ' },
  { kind: '< ↔ <=', pattern: / (<=?) /g, to: (_, sign) => (sign === '<' ? ' <= ' : ' < ') },
  { kind: '> ↔ >=', pattern: / (>=?) /g, to: (_, sign) => (sign === '>' ? ' >= ' : ' > ') },
  { kind: '== ↔ !=', pattern: / ([=!])= /g, to: (_, sign) => (sign === '=' ? ' != ' : ' == ') },
  { kind: '&& ↔ ||', pattern: / (&&|\|\|) /g, to: (_, op) => (op === '&&' ? ' || ' : ' && ') },
  { kind: '<< ↔ >>', pattern: / (<<|>>) /g, to: (_, op) => (op === '<<' ? ' >> ' : ' << ') },
  { kind: '& ↔ |', pattern: / ([&|]) /g, to: (_, op) => (op === '&' ? ' | ' : ' & ') },
  { kind: 'sign dropped', pattern: /(?<=[(=,] ?|return )-(?=[\w(])/g, to: '' },
  { kind: 'literal + 1', pattern: /(?<![\w.@])\d+(?=u?\b(?![.\w]))/g, to: (n) => `${+n + 1}` },
  { kind: 'wrong constant', pattern: /(?<![\w.])\d+\.\d+(?:e[+-]?\d+)?/g, to: (x) => wrong(x) },
  { kind: 'true ↔ false', pattern: /\b(true|false)\b/g, to: (b) => `${b !== 'true'}` },
  {
    kind: 'wrong component',
    pattern: /\.([xyz])\b/g,
    to: (_, c) => `.${{ x: 'y', y: 'x', z: 'x' }[c]}`,
  },
  { kind: 'max ↔ min', pattern: /\b(max|min)\(/g, to: (_, f) => (f === 'max' ? 'min(' : 'max(') },
  {
    kind: 'floor ↔ ceil',
    pattern: /\b(floor|ceil)\(/g,
    to: (_, f) => (f === 'floor' ? 'ceil(' : 'floor('),
  },
  {
    kind: 'function dropped',
    pattern: /\b(abs|exp|sqrt|tanh|inverseSqrt|log|round|sign)\(/g,
    to: '(',
  },
  { kind: 'condition true', pattern: /\bif \(?(.+?)\)? \{/g, to: 'if (true) {' },
  { kind: 'condition negated', pattern: /\bif \(?(.+?)\)? \{/g, to: (_, c) => `if (!(${c})) {` },
  { kind: 'barrier dropped', pattern: /\b(workgroupBarrier|storageBarrier)\(\);/g, to: '' },
  {
    kind: 'wrong builtin',
    pattern: /@builtin\((workgroup_id|num_workgroups|local_invocation_id)\)/g,
    to: (_, name) => `@builtin(${name === 'workgroup_id' ? 'num_workgroups' : 'workgroup_id'})`,
  },
  {
    kind: 'statement dropped',
    pattern: /(?<=^ *)(?!let |var |const )[a-z][^=;]* [+*/-]?= [^;]*;$/g,
    to: '',
  },
];

/** Functions whose first two arguments may change places without effect. */
const symmetric = new Set(['max', 'min', 'dot', 'distance', 'times']);

/** @param {string} number */
function wrong(number) {
  const value = Number(number);
  const text = String(value === 0 ? 1 : value * 1.5);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * All mutants of a shader file. Declarations and the increments of loops are left alone: the first
 * make no valid shader, the second no end.
 * @param {string} file
 * @param {string} text
 * @returns {Mutant[]}
 */
export function mutantsOf(file, text) {
  let inStruct = false;
  return text.split('\n').flatMap((full, i) => {
    inStruct = /^struct/.test(full) || (inStruct && !/^}/.test(full));
    if (inStruct) return [];
    const comment = full.indexOf('//');
    const code = comment < 0 ? full : full.slice(0, comment).trimEnd();
    if (!code.trim() || /^\s*(@group|@compute|@diagnostic|enable|alias|override)/.test(code))
      return [];
    const increment = /^\s*for \(.*;.*;/.exec(code);
    const limit = increment ? increment[0].length : code.length;
    /** @param {string} kind @param {string} to */
    const mutant = (kind, to) => ({ file, line: i + 1, kind, from: full, to });
    const found = [...applyRules(code, limit, mutant), ...swaps(code, mutant)];
    const seen = new Set([code]);
    return found.filter(({ to }) => !seen.has(to) && seen.add(to));
  });
}

/** @param {string} code @param {number} limit @param {(kind: string, to: string) => Mutant} mutant */
function applyRules(code, limit, mutant) {
  return rules.flatMap(({ kind, pattern, to }) =>
    [...code.matchAll(pattern)]
      .filter((match) => match.index + match[0].length <= limit)
      .map((match) => {
        const made = typeof to === 'string' ? to : to(...match);
        return mutant(
          kind,
          code.slice(0, match.index) + made + code.slice(match.index + match[0].length),
        );
      }),
  );
}

/** First two arguments of calls, and the two indices of `a[i][j]`, in the other order. */
/** @param {string} code @param {(kind: string, to: string) => Mutant} mutant */
function swaps(code, mutant) {
  /** @type {Mutant[]} */
  const found = [];
  for (const match of code.matchAll(/\b([a-z]\w*)\(/g)) {
    if (symmetric.has(match[1]) || /\bfn $/.test(code.slice(0, match.index))) continue;
    const start = match.index + match[0].length;
    const parts = argumentsAt(code, start);
    if (parts.length < 2) continue;
    const [a, b, ...rest] = parts;
    const inside = parts.join(',');
    const swapped = [b.trim(), ` ${a.trim()}`, ...rest].join(',');
    found.push(
      mutant(
        'arguments swapped',
        code.slice(0, start) + swapped + code.slice(start + inside.length),
      ),
    );
  }
  return found;
}

/** The arguments of a call that ends on the same line. @param {string} code @param {number} start */
function argumentsAt(code, start) {
  const parts = [''];
  let depth = 0;
  for (const c of code.slice(start)) {
    if (c === ')' && depth === 0) return parts;
    if ('(['.includes(c)) depth++;
    if (')]'.includes(c)) depth--;
    if (c === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return [];
}
