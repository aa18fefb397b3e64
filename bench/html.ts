// The report as one self-contained page: bars a workload, then all numbers.
import { OURS } from './contender';
import { byWorkload, ceilingsLine, columnsOf, type Line, type Report, short } from './report';

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fcfcfb, #16181c);
  --ink: light-dark(#1d2126, #e4e6ea);
  --faint: light-dark(#6b727c, #9299a5);
  --line: light-dark(#e3e5e8, #2c3037);
  --c0: light-dark(#2463eb, #6ea0ff);
  --c1: light-dark(#d97706, #e8a33d);
  --c2: light-dark(#0d9488, #3fc2b4);
  --c3: light-dark(#9333ea, #c08bf5);
  --c4: light-dark(#be123c, #f27a93);
  --c5: light-dark(#64748b, #94a3b8);
  font: 15px/1.5 system-ui, sans-serif;
  background: var(--paper);
  color: var(--ink);
}
body { margin: 3rem auto 4rem; max-width: 68rem; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 0.75rem; }
h2 { font-size: 1.15rem; margin: 3rem 0 0.5rem; }
p { margin: 0.25rem 0; max-width: 46rem; }
.faint { color: var(--faint); }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 1.5rem 0; padding: 0; }
.legend i { border-radius: 2px; display: inline-block; height: 0.7rem; margin-right: 0.45rem; width: 0.7rem; }
.legend i.floor { background: var(--ink); width: 2px; border-radius: 0; }
section { border-top: 1px solid var(--line); display: grid; gap: 0 1.5rem; grid-template-columns: 15rem 1fr; padding: 0.8rem 0; }
h3 { font-size: 0.95rem; font-weight: 600; line-height: 1.35; margin: 0; }
.ratio { color: var(--c0); display: block; font-variant-numeric: tabular-nums; font-weight: 600; }
.ratio.behind { color: var(--c4); }
.bars { display: grid; gap: 3px; align-content: center; }
.bar { align-items: center; display: grid; font-size: 0.8rem; gap: 0.5rem; grid-template-columns: minmax(0, 1fr) 5.5rem; line-height: 1.1; min-height: 0.85rem; }
.track { height: 0.8rem; position: relative; }
.track b { background: var(--c); border-radius: 0 2px 2px 0; display: block; height: 100%; min-width: 2px; }
.track b.over { mask-image: linear-gradient(to right, #000 70%, transparent); }
.track em { color: var(--faint); display: block; font-style: normal; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.track u { background: var(--ink); bottom: -2px; position: absolute; top: -2px; width: 2px; }
.value { font-variant-numeric: tabular-nums; white-space: nowrap; }
.own .value { font-weight: 600; }
.frame { margin-top: 0.75rem; overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.8rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 0.2rem 0.45rem; text-align: right; white-space: nowrap; }
th:nth-child(-n + 2), td:nth-child(-n + 2), td[colspan] { text-align: left; }
td:first-child { white-space: normal; }
th { border-bottom: 1px solid var(--line); font-weight: 600; }
tr.first td { border-top: 1px solid var(--line); }
tr.own td { font-weight: 600; }
@media (max-width: 44rem) {
  body { margin-top: 1.5rem; }
  section { grid-template-columns: 1fr; gap: 0.4rem; }
}
`;

export function htmlOf(report: Report): string {
  const { adapter, host, ceilings, lines } = report;
  const contenders = [...new Set([OURS, ...lines.map(({ row }) => row.contender)])];
  const groups = [...byWorkload(lines)];
  const columns = columnsOf(lines);
  const legend = contenders.map(
    (name) => `<li><i style="background: ${colour(contenders, name)}"></i>${escaped(name)}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>webgpu-batchnorm: benchmark</title>
<style>${STYLE}</style>
<h1>webgpu-batchnorm: benchmark</h1>
<p>${escaped(`${adapter}, ${host}`)}
<p class="faint">Measured in the same run: ${escaped(ceilingsLine(ceilings))}.
<ul class="legend">
${legend.join('\n')}
<li><i class="floor"></i>least possible time
</ul>
<p class="faint">A bar is a time, or a size: shorter is better. Each workload has a scale of its own, linear,
which ends at ten times its fastest contender: bars that fade go on. The least possible time is the longer of what the workload’s operations
take at the measured multiply-add rate and what its least bytes take at the rate of the best copy kernel.</p>
<h2>Workloads</h2>
${groups.map(([workload, group]) => sectionOf(workload, group, contenders)).join('\n')}
<h2>All numbers</h2>
<div class="frame"><table>
<thead><tr>${columns.map(([title]) => `<th>${escaped(title)}</th>`).join('')}</tr></thead>
<tbody>
${groups.flatMap(([, group]) => group.map((line, i) => rowOf(line, i, columns))).join('\n')}
</tbody>
</table></div>
</html>
`;
}

/** Where the scale ends, as times the fastest contender: one slow contender hides no difference. */
const SCALE = 10;

function sectionOf(
  workload: string,
  group: readonly Line[],
  contenders: readonly string[],
): string {
  const amounts = group.map(amountOf).filter((amount) => amount !== null);
  const most = Math.min(Math.max(...amounts), SCALE * Math.min(...amounts));
  const bars = group.map((line) => {
    const { row, failure } = line;
    const amount = amountOf(line);
    const width = (part: number) => `${Math.min(100, (100 * part) / most).toFixed(1)}%`;
    const own = row.contender === OURS;
    const over = amount !== null && amount > most ? ' class="over"' : '';
    const bar =
      amount === null
        ? `<em>${escaped(failure ?? '')}</em>`
        : `<b${over} style="width: ${width(amount)}"></b>`;
    const floor = own && row.median_ms && row.roof_share ? row.median_ms * row.roof_share : null;
    const tick = floor === null ? '' : `<u style="left: ${width(floor)}"></u>`;
    const value = amountText(line);
    return (
      `<div class="bar${own ? ' own' : ''}" style="--c: ${colour(contenders, row.contender)}" ` +
      `title="${escaped(`${row.contender}: ${failure ?? value}`)}">` +
      `<div class="track">${bar}${tick}</div><div class="value">${escaped(value)}</div></div>`
    );
  });
  const best = group.find(({ row }) => row.contender === OURS)?.row.ratio_to_best_peer ?? null;
  const chip =
    best === null
      ? ''
      : `<span class="ratio${best < 1 ? ' behind' : ''}">${short(best)} × the best peer</span>`;
  return `<section><h3>${escaped(workload)}${chip}</h3><div class="bars">${bars.join('')}</div></section>`;
}

function rowOf(line: Line, index: number, columns: ReturnType<typeof columnsOf>): string {
  const own = line.row.contender === OURS;
  const classes = [...(index ? [] : ['first']), ...(own ? ['own'] : [])].join(' ');
  const cells = columns.map(([, cell], i) => (i || !index ? escaped(cell(line)) : ''));
  const rest = `<td colspan="${columns.length - 2}">${escaped(line.failure ?? '')}</td>`;
  const shown = line.failure ? cells.slice(0, 2) : cells;
  const row = shown.map((cell) => `<td>${cell}</td>`).join('');
  return `<tr${classes && ` class="${classes}"`}>${row}${line.failure ? rest : ''}</tr>`;
}

/** What a bar shows. */
function amountOf({ row }: Line): number | null {
  return row.median_ms ?? row.peak_bytes;
}

function amountText({ row }: Line): string {
  if (row.median_ms !== null) return `${short(row.median_ms)} ms`;
  return row.peak_bytes === null ? 'failed' : `${short(row.peak_bytes / 1024)} KiB`;
}

function colour(contenders: readonly string[], name: string): string {
  return `var(--c${contenders.indexOf(name) % 6})`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);
}
