/** How a network of a race is drawn: apart by colour for every kind of colour vision, and by dashes. */
interface Look {
  /** A CSS custom property. */
  readonly color: string;
  readonly dash?: readonly number[];
  /** The line below its answers. */
  readonly border: 'solid' | 'dashed' | 'dotted' | 'double';
}

export const looks: readonly Look[] = [
  { color: '--lane-1', border: 'solid' },
  { color: '--lane-2', border: 'dashed', dash: [6, 4] },
  { color: '--lane-3', border: 'dotted', dash: [2, 3] },
  { color: '--lane-4', border: 'double', dash: [10, 3, 2, 3] },
];

/** Makes a line of a small picture look like the curve of network `k`. */
function dressLine(line: SVGLineElement, k: number): void {
  const { color, dash } = looks[k];
  line.style.stroke = `var(${color})`;
  if (dash) line.setAttribute('stroke-dasharray', dash.join(' '));
}

/** A short line like the curve of network `k`, for legends. */
export function swatch(k: number): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 28 4');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('swatch');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [name, value] of Object.entries({ x1: 1, y1: 2, x2: 27, y2: 2 })) {
    line.setAttribute(name, String(value));
  }
  dressLine(line, k);
  svg.append(line);
  return svg;
}
