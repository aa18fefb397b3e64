/** MathML of a formula: names, numbers and signs with spaces between them; what is put in is MathML already. */
export function mathml(texts: TemplateStringsArray, ...inserted: readonly string[]): string {
  const marked = texts.map((text) => text.split(/\s+/).filter(Boolean).map(tokenMarkup).join(''));
  return marked.reduce((before, after, i) => `${before}${inserted[i - 1]}${after}`);
}

function tokenMarkup(token: string): string {
  const name = /^\p{L}+$/u.test(token) ? 'mi' : /^[\d.]+$/.test(token) ? 'mn' : 'mo';
  return `<${name}>${token}</${name}>`;
}

const fraction = (above: string, below: string) =>
  `<mfrac><mrow>${above}</mrow><mrow>${below}</mrow></mfrac>`;
const root = (of: string) => `<msqrt>${of}</msqrt>`;
/** Brackets as high as letters, whatever stands beside them. */
const bracketed = (of: string) => `<mo stretchy="false">(</mo>${of}<mo stretchy="false">)</mo>`;
const primed = (name: string) => `<msup><mi>${name}</mi><mo>′</mo></msup>`;
const indexed = (name: string, index: string) => `<msub><mi>${name}</mi>${index}</msub>`;
const labelled = (name: string, label: string) => indexed(name, `<mtext>${label}</mtext>`);

/** What stands in batch norm's formula, in MathML: names or numbers. */
export interface BatchNormTerms {
  readonly x: string;
  readonly mean: string;
  readonly variance: string;
  readonly epsilon: string;
  readonly gamma: string;
  readonly beta: string;
}

const symbols: BatchNormTerms = {
  x: mathml`x`,
  mean: mathml`μ`,
  variance: '<msup><mi>σ</mi><mn>2</mn></msup>',
  epsilon: mathml`ε`,
  gamma: mathml`γ`,
  beta: mathml`β`,
};

const deviation = ({ variance, epsilon }: BatchNormTerms) => root(mathml`${variance} + ${epsilon}`);

/** γ · (x − μ)/√(σ² + ε) + β, with these terms. */
export function batchNorm(terms: BatchNormTerms = symbols): string {
  const { x, mean, gamma, beta } = terms;
  return mathml`${gamma} ⋅ ${fraction(mathml`${x} − ${mean}`, deviation(terms))} + ${beta}`;
}

const scale = fraction(symbols.gamma, deviation(symbols));
const remembered = indexed('μ', '<mi>R</mi>');
const running = labelled('μ', 'running');

/** The formulas that explanations show, by the names that markup has for them. */
export const formulas: Readonly<Record<string, string>> = {
  'batch-norm': mathml`y = ${batchNorm()}`,
  'running-mean': mathml`${remembered} ← m ${remembered} + ${bracketed(mathml`1 − m`)} μ`,
  'running-mean-by-numbers': mathml`${running} ← 0.9 ⋅ ${running} + 0.1 ⋅ ${labelled('μ', 'batch')}`,
  'min-max': mathml`${labelled('x', 'min–max')} = ${fraction(mathml`x − min`, mathml`max − min`)}`,
  'z-score': mathml`${labelled('x', 'z-score')} = ${fraction(mathml`x − μ`, mathml`σ`)}`,
  'folded-weight': mathml`${primed('w')} = ${scale} w`,
  'folded-bias': mathml`${primed('b')} = β + ${scale} ${bracketed(mathml`b − μ`)}`,
};

/** Fills each `<div data-formulas="batch-norm …">` within with the formulas that it names. */
export function showFormulas(within: ParentNode): void {
  for (const place of within.querySelectorAll<HTMLElement>('[data-formulas]')) {
    const names = place.dataset.formulas?.split(' ') ?? [];
    place.innerHTML = names
      .map((name) => `<math display="block">${formulas[name]}</math>`)
      .join('');
  }
}
