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
  company: {
    title: 'Does it matter who else is there?',
    section: 'look',
    controls: ['mode', 'batch', 'company', 'companies', 'image'],
    steps: [
      {
        text: 'A trained network reads a digit. In eval mode its batch norms use the running statistics, from training. There is one other image in the batch: press “Other company” to take another. The answer stays.',
        settings: { 'look.image': '7', 'look.mode': 'eval', 'look.batch': '2' },
      },
      {
        text: 'Now each batch norm will take the mean and the variance of the batch itself: of the digit and the one other image.',
        question: {
          ask: 'Will the answer for the digit depend on the other image?',
          answers: [
            'No: the weights are the same, and so is the digit.',
            'Yes: what the digit is normalised by is partly the other image’s.',
          ],
          right: 1,
          reveal:
            'The weights are the same, but each channel is moved and stretched by a mean and a variance of both images together. In training that is a little noise in every step. When a model is used it would make the answer for one person depend on another, and so the running statistics take its place.',
        },
      },
      {
        text: 'See for yourself: press “Other company”, then make the batch larger, and see how much less it matters. “Try ten companies” does it all at once.',
        settings: { 'look.mode': 'train' },
      },
    ],
  },
  motorbikes: {
    title: 'When the world changes',
    section: 'tabular',
    controls: ['play', 'bikes', 'from', 'recalibrate'],
    steps: [
      {
        text: 'Small networks learn what used cars cost, from their age and their kilometres. Press Play, and let them run for a hundred steps.',
        settings: { 'tabular.paused': '0', 'tabular.bikes': '0' },
      },
      {
        text: 'Then motorbikes come onto the market. They are driven a third as far in a year, and wear three times as fast. Nobody tells the network which is which.',
        settings: { 'tabular.paused': '1' },
        question: {
          ask: 'What will it say of their prices?',
          answers: [
            'About the right ones: the prices are alike.',
            'Too much: to it they are cars that have hardly been driven.',
            'Too little: it has never seen anything like them.',
          ],
          right: 1,
          reveal:
            'Kilometres that are few for a car are many for a motorbike. The batch norm of the inputs still measures them by the running mean and variance of cars.',
        },
      },
      {
        text: 'Look at the crosses, and then press “Re-estimate statistics”: the network sees examples without a single price. Try it from motorbikes alone, and look at the cars.',
        settings: { 'tabular.bikes': '1' },
      },
    ],
  },
};
