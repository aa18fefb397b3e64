import './lesson.css';
import { part, setHidden } from '../parts/dom';
import type { Link } from '../parts/link';
import type { Lesson, Question } from './lesson';
import markup from './view.html?raw';

/** Leads through a lesson: captions that set the figure, and questions to answer before one sees. */
export class LessonView {
  readonly element = document.createElement('aside');
  #place = 0;
  /** Steps whose question has been answered. */
  readonly #answered = new Set<number>();

  constructor(
    private readonly lesson: Lesson,
    private readonly link: Link,
  ) {
    const { element } = this;
    element.className = 'lesson';
    element.setAttribute('aria-labelledby', 'lesson-title');
    element.innerHTML = markup;
    part(element, 'lesson-title').textContent = lesson.title;
    part(element, 'lesson-back').addEventListener('click', () => this.#go(this.#place - 1));
    part(element, 'lesson-next').addEventListener('click', () => this.#go(this.#place + 1));
    const form = part<HTMLFormElement>(element, 'lesson-question');
    form.addEventListener('change', () => {
      part<HTMLButtonElement>(element, 'lesson-predict').disabled = false;
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#reveal(Number(new FormData(form).get('answer')));
    });
    document.head.append(hidingAllBut(lesson.controls));
    setHidden(part(element, 'lesson-steps'), lesson.steps.length < 2);
    this.#go(0);
  }

  #go(place: number): void {
    this.#place = place;
    const { text, settings, question } = this.lesson.steps[place];
    const { element } = this;
    part(element, 'lesson-text').textContent = text;
    part(element, 'lesson-place').textContent = `${place + 1} of ${this.lesson.steps.length}`;
    part<HTMLButtonElement>(element, 'lesson-back').disabled = place === 0;
    setHidden(part(element, 'lesson-question'), !question);
    if (question) this.#ask(question);
    this.#allowNext();
    if (settings) this.link.follow(settings);
  }

  #ask({ ask, answers }: Question): void {
    const { element } = this;
    part(element, 'lesson-ask').textContent = ask;
    part(element, 'lesson-reveal').textContent = '';
    part<HTMLButtonElement>(element, 'lesson-predict').disabled = true;
    part(element, 'lesson-answers').replaceChildren(
      ...answers.map((answer, i) => {
        const label = document.createElement('label');
        const radio = document.createElement('input');
        Object.assign(radio, { type: 'radio', name: 'answer', value: String(i) });
        label.append(radio, answer);
        return label;
      }),
    );
  }

  #reveal(answer: number): void {
    const question = this.lesson.steps[this.#place].question as Question;
    const { right, reveal } = question;
    const verdict = right === undefined ? '' : answer === right ? 'Right. ' : 'Not quite. ';
    part(this.element, 'lesson-reveal').textContent = `${verdict}${reveal}`;
    this.#answered.add(this.#place);
    this.#allowNext();
  }

  /** Who has not predicted yet is not shown what happens. */
  #allowNext(): void {
    const { steps } = this.lesson;
    const open = steps[this.#place].question && !this.#answered.has(this.#place);
    part<HTMLButtonElement>(this.element, 'lesson-next').disabled =
      Boolean(open) || this.#place === steps.length - 1;
  }
}

/** A rule that leaves these controls only. Their names are letters and hyphens. */
function hidingAllBut(controls?: readonly string[]): HTMLStyleElement {
  const style = document.createElement('style');
  if (!controls) return style;
  const kept = controls.map((name) => `[data-control="${name}"]`).join(', ');
  style.textContent = `[data-control]${kept && `:not(${kept})`} { display: none !important; }`;
  return style;
}
