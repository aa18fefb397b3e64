import type { Mount } from './parts/page';

/** A part of the page: a folder of `sections` that reads on its own. */
export interface SectionEntry {
  /** Its folder, its id in the page and the first half of its settings' names in the link. */
  readonly id: string;
  readonly title: string;
  /** As the navigation calls it. */
  readonly short: string;
  /** What it shows, in a sentence or two. */
  readonly lead: string;
  load(): Promise<{ readonly mount: Mount }>;
}

export const sections: readonly SectionEntry[] = [
  {
    id: 'race',
    title: 'The race',
    short: 'Race',
    lead: 'Two copies of one small network learn to read handwritten digits, right now, on your own graphics card. They start from the same weights and see the same images in the same order. One of them normalises its layers. Watch what difference that makes, then raise the learning rate.',
    load: () => import('./sections/race'),
  },
  {
    id: 'guest',
    title: 'Inside your app',
    short: 'In your app',
    lead: 'A network as a guest in somebody else’s frame: it trains and predicts on the device that three.js renders with, and writes into the buffer that three.js draws from.',
    load: () => import('./sections/guest'),
  },
];
