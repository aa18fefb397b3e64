/** Lets a button open a file input, which may stay hidden, and gives what was chosen. */
export function pickFiles(
  button: HTMLElement,
  input: HTMLInputElement,
  take: (files: readonly File[]) => void,
): void {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // The same file may be chosen again.
    input.value = '';
    if (files.length) take(files);
  });
}
