/**
 * Runs an action for a key anywhere on the page, except where the key means something else. `find` says
 * what a key does now, if anything.
 */
export function addShortcuts(find: (key: string) => (() => void) | undefined): void {
  let clicked: Element | null = null;
  let handled = '';
  document.addEventListener('pointerdown', ({ target }) => {
    clicked = target instanceof Element ? target.closest('button, summary') : null;
  });
  document.addEventListener('focusin', ({ target }) => {
    if (target !== clicked) clicked = null;
  });
  document.addEventListener('keydown', (event) => {
    handled = '';
    if (event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = find(event.key.toLowerCase());
    // Who clicked a button and then presses space means the page, not the button once more.
    const ours = clicked !== null && event.target === clicked;
    if (!action || (!ours && takesKey(event.target, event.key))) return;
    event.preventDefault();
    handled = event.key;
    action();
  });
  // Firefox presses a button when the key comes up.
  document.addEventListener('keyup', (event) => {
    if (event.key === handled) event.preventDefault();
  });
}

function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  if (target.matches('input:not([type=range], [type=checkbox], [type=radio])')) return true;
  // Space presses a button and opens a summary; the letters are free there.
  return key === ' ' && target.matches('button, summary, a, input');
}
