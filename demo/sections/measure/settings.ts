import { choiceField, type Field } from '../../parts/fields';
import { workloadIds } from './workloads';

/** Families of cases are the library's to know: here any word that may be the name of one. */
const wordField = (initial: string): Field<string> => ({
  initial,
  parse: (text) => (/^[a-z0-9-]{1,40}$/.test(text) ? text : undefined),
  format: String,
});

/** What the link holds. */
export const settings = {
  workload: choiceField('all', ['all', ...workloadIds]),
  family: wordField('batch-norm'),
};
