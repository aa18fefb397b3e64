import type uPlot from 'uplot';

/** A label at a place of the x axis; with a series, at the end of its curve. */
export interface ChartMark {
  readonly x: number;
  readonly text: string;
  readonly series?: number;
}

export interface MarkStyle {
  /** A sixteenth of the page's font size, in pixels of the screen. */
  readonly unit: number;
  readonly font: string;
  readonly background: string;
  /** Of a curve, or of marks that belong to none. */
  colorOf(series: number | undefined): string;
  /** Where a curve ends. */
  endOf(series: number): number;
}

/** Draws marks and their labels on a plot. */
export function drawMarks(plot: uPlot, marks: readonly ChartMark[], style: MarkStyle): void {
  const { ctx, bbox } = plot;
  const { unit, font, background, colorOf, endOf } = style;
  ctx.save();
  ctx.font = font.replace(/^[\d.]+/, (size) => String(Number(size) * devicePixelRatio));
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  for (const { x, text, series } of marks) {
    const left = plot.valToPos(x, 'x', true);
    ctx.strokeStyle = ctx.fillStyle = colorOf(series);
    const top =
      series === undefined ? drawPlace(plot, left, unit) : drawEnd(plot, left, endOf(series), unit);
    // To the left where there is no room to the right, and readable on top of a curve.
    const right = ctx.measureText(text).width + 6 * unit < bbox.left + bbox.width - left;
    ctx.textAlign = right ? 'left' : 'right';
    const textLeft = left + (right ? -4 : 4) * unit;
    ctx.strokeStyle = background;
    ctx.lineWidth = 4 * unit;
    ctx.setLineDash([]);
    ctx.strokeText(text, textLeft, top);
    ctx.fillText(text, textLeft, top);
  }
  ctx.restore();
}

/** A line across the plot; its label goes above. */
function drawPlace({ ctx, bbox }: uPlot, left: number, unit: number): number {
  ctx.lineWidth = unit;
  ctx.setLineDash([unit, 3 * unit]);
  ctx.beginPath();
  ctx.moveTo(left, bbox.top);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  return bbox.top - 9 * unit;
}

/** A cross where a curve stops, inside the plot; its label goes below, or above at the bottom. */
function drawEnd(plot: uPlot, left: number, value: number, unit: number): number {
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  const margin = 7 * unit;
  const top = Math.min(
    bottom - margin,
    Math.max(bbox.top + margin, plot.valToPos(value, 'y', true)),
  );
  const arm = 4.5 * unit;
  ctx.lineWidth = 2 * unit;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(left - arm, top - arm);
  ctx.lineTo(left + arm, top + arm);
  ctx.moveTo(left - arm, top + arm);
  ctx.lineTo(left + arm, top - arm);
  ctx.stroke();
  const below = top + 16 * unit;
  return below + margin < bottom ? below : top - 16 * unit;
}
