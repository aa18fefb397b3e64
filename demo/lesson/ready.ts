import type { Lesson } from './lesson';

/** The ready-made lessons, by their names in the address. */
export const readyLessons: Readonly<Record<string, Lesson>> = {
  'learning-rate': {
    title: 'How far can one step go?',
    section: 'race',
    controls: ['play', 'reset'],
    steps: [
      {
        text: 'Two copies of one network, one of them with batch norm, learn at the learning rate 0.03. Let them run for some thirty steps. Which one is ahead?',
        settings: { 'race.lr': '0.03', 'race.paused': '0' },
      },
      {
        text: 'Now the learning rate will be thirty times as large: every step is thirty times as long.',
        settings: { 'race.paused': '1' },
        question: {
          ask: 'What will happen?',
          answers: [
            'Both learn thirty times as fast.',
            'The plain network is lost, the one with batch norm goes on.',
            'Both are lost.',
          ],
          right: 1,
          reveal:
            'Steps that long throw the plain network off: its activations grow or die, and it is back to guessing, or its loss is no longer a number. Batch norm rescales what each layer hands on, whatever the weights have become, so the other one goes on.',
        },
      },
      {
        text: 'See for yourself. Reset starts again from the same weights, with the same images in the same order.',
        settings: { 'race.lr': '0.9', 'race.paused': '0' },
      },
    ],
  },
};
