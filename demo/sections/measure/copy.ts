import type { Announcer } from '../../parts/announcer';
import { setText } from '../../parts/dom';

/** Makes a button that copies a text, and says so. */
export function copyFrom(button: HTMLElement, announcer: Announcer, text: () => string): void {
  const label = button.textContent ?? '';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      setText(button, 'Copied');
      announcer.say('Copied');
    } catch {
      setText(button, 'The browser refused');
    }
    setTimeout(() => setText(button, label), 2000);
  });
}
