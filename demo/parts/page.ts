import type { Announcer } from './announcer';
import type { Gpu } from './gpu';
import type { Notice } from './notice';

/** What the sections share. */
export interface Page {
  readonly announcer: Announcer;
  readonly notice: Notice;
  readonly gpu: Gpu;
}
