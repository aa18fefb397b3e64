import { type Preset, presets } from './presets';
import type { SavedRun } from './saved-run';

const files = import.meta.glob<SavedRun>('../../data/runs/*.json', { import: 'default' });

/** The recorded run of an experiment; see data/README.md. */
export async function recordingOf({ id }: Preset = presets[0]): Promise<SavedRun | undefined> {
  return files[`../../data/runs/${id}.json`]?.();
}

/** `SwiftShader, 28 November 2026`. */
export function originOf({ adapter, date }: SavedRun): string {
  const day = new Date(`${date}T12:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  return `${adapter}, ${day}`;
}
