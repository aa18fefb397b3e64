export interface ChartSeries {
  readonly name: string;
  /** Name of a CSS custom property. */
  readonly color: string;
  readonly dash?: readonly number[];
  /** Drawn thin and faint, and left out of the legend and the table. */
  readonly faint?: boolean;
}

/** Names the curves in a list, with a line as each is drawn; gives the elements for their values. */
export function buildLegend(list: HTMLElement, all: readonly ChartSeries[]): HTMLElement[] {
  list.replaceChildren();
  return all.map(({ name, color, dash, faint }) => {
    const item = document.createElement('li');
    const value = document.createElement('b');
    if (faint) return value;
    item.innerHTML =
      '<svg class="swatch" viewBox="0 0 28 4" aria-hidden="true"><line x1="1" y1="2" x2="27" y2="2"/></svg>';
    const line = item.querySelector('line') as SVGLineElement;
    line.style.stroke = `var(${color})`;
    if (dash) line.setAttribute('stroke-dasharray', dash.join(' '));
    item.append(`${name} `, value);
    list.append(item);
    return value;
  });
}
