// The tables in docs/keras.md, from what the importer has.
import { ACTIVATIONS } from '../src/formats/keras/activation';
import { CLASSES } from '../src/formats/keras/classes';

const BEGIN = '<!-- layers: made by `npm run docs` -->\n';
const END = '<!-- /layers -->';

/** `docs/keras.md` with the tables in their place. */
export function withKerasTable(text: string): string {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error('docs/keras.md lost the marks around its table');
  const rows = [...CLASSES].map(([name, { becomes }]) => `| ${name} | ${becomes} |`);
  const table = [
    `${CLASSES.size} classes of layers, and \`InputLayer\`, \`Sequential\`, \`Functional\`, \`Model\`,`,
    'and `TimeDistributed` around Dense and layers that work number by number:',
    '',
    '| layer | becomes |',
    '|---|---|',
    ...rows,
    '',
    `Activations by name: ${ACTIVATIONS.map((name) => `\`${name}\``).join(', ')}.`,
    '',
  ];
  return `${text.slice(0, start + BEGIN.length)}\n${table.join('\n')}\n${text.slice(end)}`;
}
