/** The one element in `within` that carries `data-part="name"`. */
export function part<T extends Element = HTMLElement>(within: ParentNode, name: string): T {
  const found = within.querySelector<T>(`[data-part="${name}"]`);
  if (!found) throw new Error(`The page has no part "${name}".`);
  return found;
}

/** Sets text without touching the page when nothing changed: this runs every frame. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setHidden(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden;
}

export const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
export const darkMode = matchMedia('(prefers-color-scheme: dark)');
