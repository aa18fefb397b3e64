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
    id: 'inside',
    title: 'What moves inside',
    short: 'Inside',
    lead: 'The same two networks, opened up: how the numbers in each of their layers are distributed, and how that changes while they learn.',
    load: () => import('./sections/inside'),
  },
  {
    id: 'look',
    title: 'Look into it',
    short: 'Look',
    lead: 'Draw a digit and see what a trained network makes of it, layer by layer: each map before batch norm and after, on one scale, and the arithmetic of any pixel. Then let the batch normalise instead of the running statistics, and see what the company of other images does to the answer.',
    load: () => import('./sections/look'),
  },
  {
    id: 'tabular',
    title: 'Tabular',
    short: 'Tabular',
    lead: 'What a used car costs, from its age and its kilometres: raw, scaled in two ways, with batch norm and without. Then motorbikes join the data, the running statistics no longer fit, and estimating them again needs no labels.',
    load: () => import('./sections/tabular'),
  },
  {
    id: 'model',
    title: 'Your model',
    short: 'Your model',
    lead: 'Open a trained network and see what becomes of its batch norms: which of them fold into the layer before, and why the others cannot; how long each layer takes on this GPU; what it says to a picture, a drawing or your camera. Then take it along in another format.',
    load: () => import('./sections/model'),
  },
  {
    id: 'guest',
    title: 'Inside your app',
    short: 'In your app',
    lead: 'A network as a guest in somebody else’s frame: it trains and predicts on the device that three.js renders with, and writes into the buffer that three.js draws from.',
    load: () => import('./sections/guest'),
  },
  {
    id: 'measure',
    title: 'Measure',
    short: 'Measure',
    lead: 'How fast the library is on your own graphics card, and whether it computes there what it should. Both are asked of the machine in front of you, and both give a report to take away.',
    load: () => import('./sections/measure'),
  },
];
