/** Names and values for a list of definitions. */
export function factItems(facts: readonly (readonly [string, string])[]): HTMLElement[] {
  return facts.map(([name, value]) => {
    const box = document.createElement('div');
    const [term, text] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    text.textContent = value;
    box.append(term, text);
    return box;
  });
}
