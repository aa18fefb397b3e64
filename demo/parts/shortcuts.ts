/** Runs an action for a key anywhere on the page, except where the key means something else. */
export function addShortcuts(actions: Readonly<Record<string, () => void>>): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key.toLowerCase()];
    if (!action || takesKey(event.target, event.key)) return;
    event.preventDefault();
    action();
  });
}

function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  if (target.matches('input:not([type=range], [type=checkbox], [type=radio])')) return true;
  // Space presses a button and opens a summary; the letters are free there.
  return key === ' ' && target.matches('button, summary, a, input');
}
