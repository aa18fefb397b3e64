import type { Announcer } from './announcer';
import { showFormulas } from './formulas';
import type { Gpu } from './gpu';
import type { Link } from './link';
import type { Notice } from './notice';
import type { Stage } from './stage';

/** What a section gets from the page. */
export interface Page {
  /** Speaks to screen readers. */
  readonly announcer: Announcer;
  /** The section's own panel for what is missing or went wrong. */
  readonly notice: Notice;
  /** The one device of the page. */
  readonly gpu: Gpu;
  /** Settings in the address. */
  readonly link: Link;
  /** Who may keep the GPU busy. */
  readonly stage: Stage;
}

/** What the page gets from a section. */
export interface Section {
  /** What a key does while this section is the one in view or in focus: `' '`, `.`, `r`, `n`. */
  readonly keys?: Readonly<Record<string, () => void>>;
  /** One HTML file that reproduces what the section shows now; see `standalone`. */
  code?(): string | Promise<string>;
}

/** Fills `host`, which stands below the section's heading. Called once, when it comes into view. */
export type Mount = (host: HTMLElement, page: Page) => Section;

/** Mounts a section that has its markup and is then started. */
export function mounting(
  markup: string,
  Kind: new (host: HTMLElement, page: Page) => Section & { start(): void },
): Mount {
  return (host, page) => {
    host.innerHTML = markup;
    showFormulas(host);
    const section = new Kind(host, page);
    section.start();
    return section;
  };
}
