// The report as one self-contained page, with a bar a workload.
import { ceilingsLine, columns, type Report } from './report';

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.2rem 0.6rem; text-align: right; white-space: nowrap; }
th:nth-child(-n + 2), td:nth-child(-n + 2) { text-align: left; }
td:first-child { white-space: normal; }
th { border-bottom: 1px solid; }
tr:nth-child(even) { background: color-mix(in srgb, currentColor 6%, transparent); }
.bar { width: 12rem; }
.bar span { background: #2f7ed8; display: block; height: 0.9rem; }
.frame { overflow-x: auto; }
`;

export function htmlOf(report: Report): string {
  const { adapter, host, ceilings, lines } = report;
  const head = [...columns.map(([title]) => title), ''];
  const rows = lines.map((line) => {
    const cells = columns.map(([, cell]) => `<td>${escaped(cell(line))}</td>`);
    const share = Math.min(1, line.row.roof_share ?? 0);
    const bar = `<td class="bar"><span style="width: ${(100 * share).toFixed(1)}%"></span></td>`;
    return `<tr>${cells.join('')}${bar}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>webgpu-batchnorm: benchmark</title>
<style>${STYLE}</style>
<h1>webgpu-batchnorm: benchmark</h1>
<p>${escaped(`${adapter}, ${host}`)}<br>${escaped(ceilingsLine(ceilings))}</p>
<p>The roof of a workload is the lower of what its operations take at the multiply-add rate and what
its least bytes take at the rate of the copy kernel.</p>
<div class="frame"><table>
<thead><tr>${head.map((title) => `<th>${escaped(title)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);
}
