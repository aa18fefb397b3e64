/** One thing that a lesson says, and what the figure shows while it does. */
export interface LessonStep {
  readonly text: string;
  /** Settings by their names in the link: `race.lr`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Predict, then see. */
  readonly question?: Question;
}

export interface Question {
  readonly ask: string;
  readonly answers: readonly string[];
  /** Index of the right answer; none where the exercise leaves it open. */
  readonly right?: number;
  /** What is said after the prediction. */
  readonly reveal: string;
}

/** A part of the page with some of its controls, and words that lead through it. */
export interface Lesson {
  readonly title: string;
  /** The section that is shown. */
  readonly section: string;
  /** Names of the controls that are left (`data-control`); undefined: all. */
  readonly controls?: readonly string[];
  readonly steps: readonly LessonStep[];
}

const longestText = 600;
const mostAnswers = 6;

/**
 * The lesson of an address: `?lesson=NAME` of the ready-made ones, or an exercise that its link describes:
 * `?lesson=race&title=…&controls=play,rate&text=…&ask=…&answer=…&answer=…&right=1&reveal=…`. Undefined where
 * there is none. Texts are shown as texts, never as markup.
 */
export function parseLesson(
  search: string,
  ready: Readonly<Record<string, Lesson>>,
  sections: readonly string[],
): Lesson | undefined {
  const given = new URLSearchParams(search);
  const name = given.get('lesson');
  if (!name) return undefined;
  if (Object.hasOwn(ready, name)) return ready[name];
  if (!sections.includes(name)) return undefined;
  const text = (key: string) => (given.get(key) ?? '').trim().slice(0, longestText);
  const controls = text('controls')
    .split(',')
    .filter((control) => /^[a-z-]+$/.test(control));
  return {
    title: text('title') || 'An exercise',
    section: name,
    controls: given.has('controls') ? controls : undefined,
    steps: [{ text: text('text'), question: questionOf(given, text) }],
  };
}

function questionOf(given: URLSearchParams, text: (key: string) => string): Question | undefined {
  const answers = given
    .getAll('answer')
    .map((answer) => answer.trim().slice(0, longestText))
    .filter((answer) => answer !== '')
    .slice(0, mostAnswers);
  if (!text('ask') || answers.length < 2) return undefined;
  const right = Number(given.get('right')) - 1;
  return {
    ask: text('ask'),
    answers,
    right: answers[right] === undefined ? undefined : right,
    reveal: text('reveal'),
  };
}

/** The address of an exercise with one step: the other way round. */
export function formatLesson({ title, section, controls, steps: [step] }: Lesson): string {
  const pairs: [string, string][] = [['lesson', section]];
  const add = (key: string, value?: string) => {
    if (value) pairs.push([key, value]);
  };
  add('title', title);
  if (controls) pairs.push(['controls', controls.join(',')]);
  add('text', step.text);
  if (step.question) {
    const { ask, answers, right, reveal } = step.question;
    add('ask', ask);
    for (const answer of answers) add('answer', answer);
    if (right !== undefined) add('right', String(right + 1));
    add('reveal', reveal);
  }
  return `?${new URLSearchParams(pairs)}`;
}
