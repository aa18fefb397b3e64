import './lesson.css';
import type { Announcer } from '../parts/announcer';
import { part } from '../parts/dom';
import markup from './builder.html?raw';
import { formatLesson, type Lesson } from './lesson';

const answerFields = 4;

/** Lets a teacher make an exercise of a section as it stands. */
export class LessonBuilder {
  readonly #dialog = document.createElement('dialog');
  readonly #form: HTMLFormElement;
  #section = '';
  #hash = '';

  constructor(private readonly announcer: Announcer) {
    const dialog = this.#dialog;
    dialog.className = 'exercise';
    dialog.setAttribute('aria-labelledby', 'exercise-title');
    dialog.innerHTML = markup;
    this.#form = dialog.querySelector('form') as HTMLFormElement;
    part(dialog, 'answers').append(...Array.from({ length: answerFields }, (_, i) => answer(i)));
    part(dialog, 'copy').addEventListener('click', () => void this.#copy());
    part(dialog, 'open').addEventListener('click', () => open(this.#address(), '_blank'));
    document.body.append(dialog);
  }

  /** `hash`: the settings as they are now. */
  open(section: string, element: Element, hash: string): void {
    this.#section = section;
    this.#hash = hash;
    const names = [...element.querySelectorAll<HTMLElement>('[data-control]')].map(
      ({ dataset }) => dataset.control as string,
    );
    part(this.#dialog, 'controls').replaceChildren(
      ...[...new Set(names)].map((name) => {
        const label = document.createElement('label');
        const box = document.createElement('input');
        Object.assign(box, { type: 'checkbox', name: 'control', value: name, checked: true });
        label.append(box, ` ${name.replaceAll('-', ' ')}`);
        return label;
      }),
    );
    this.#dialog.showModal();
  }

  #lesson(): Lesson {
    const given = new FormData(this.#form);
    const text = (name: string) => String(given.get(name) ?? '').trim();
    const all = given.getAll('answer').map((one) => String(one).trim());
    const answers = all.filter((one) => one !== '');
    const right = answers.indexOf(all[Number(given.get('right') ?? -1)] ?? '');
    return {
      title: text('title'),
      section: this.#section,
      controls: given.getAll('control').map(String),
      steps: [
        {
          text: text('text'),
          question: {
            ask: text('ask'),
            answers,
            right: right < 0 ? undefined : right,
            reveal: text('reveal'),
          },
        },
      ],
    };
  }

  #address(): string {
    return `${location.origin}${location.pathname}${formatLesson(this.#lesson())}${this.#hash}`;
  }

  async #copy(): Promise<void> {
    const button = part(this.#dialog, 'copy');
    try {
      await navigator.clipboard.writeText(this.#address());
      button.textContent = 'Copied';
      this.announcer.say('Link copied');
    } catch {
      button.textContent = 'The browser refused: use “Open it”';
    }
    setTimeout(() => {
      button.textContent = 'Copy the link';
    }, 2000);
  }
}

function answer(index: number): HTMLElement {
  const label = document.createElement('label');
  const radio = document.createElement('input');
  Object.assign(radio, { type: 'radio', name: 'right', value: String(index) });
  radio.setAttribute('aria-label', `Answer ${index + 1} is right`);
  const text = document.createElement('input');
  Object.assign(text, { name: 'answer', maxLength: 200 });
  text.setAttribute('aria-label', `Answer ${index + 1}`);
  label.append(radio, text);
  return label;
}
