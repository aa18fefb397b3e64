import './measure.css';
import { part } from '../../parts/dom';
import type { Mount } from '../../parts/page';
import { BenchPanel } from './bench-panel';
import { measureCode } from './code';
import markup from './measure.html?raw';
import { SelfTestPanel } from './self-test-panel';
import { settings } from './settings';

/** Measure: how fast the library is on the visitor's own GPU, and whether it is right. */
export const mount: Mount = (host, page) => {
  host.innerHTML = markup;
  const chosen = page.link.settings('measure', settings, () => {
    bench.follow();
    selfTest.follow();
  });
  const bench = new BenchPanel(part(host, 'bench'), page, chosen);
  const selfTest = new SelfTestPanel(part(host, 'self-test'), page, chosen);
  return { code: () => measureCode(chosen.values) };
};
