import { BatchNormError, type Complaint, DeviceLostError } from 'webgpu-batchnorm';
import { part, setHidden } from '../../parts/dom';
import { Refusal } from './reader';

/** What is wrong with a file, where an error says so. */
export function complaintsOf(error: unknown): readonly Complaint[] | undefined {
  if (error instanceof Refusal) return error.complaints;
  const ofModel = error instanceof BatchNormError && !(error instanceof DeviceLostError);
  return ofModel ? [error] : undefined;
}

/** Shows all that is wrong with a file; each with what was found and what to do about it. */
export function showRefusal(
  host: HTMLElement,
  file: string,
  complaints: readonly Complaint[],
): void {
  const panel = part(host, 'refusal');
  const count = complaints.length;
  part(panel, 'refusal-title').textContent = `${file} cannot be run here`;
  part(panel, 'refusal-text').textContent =
    count === 1
      ? 'One thing stands in the way:'
      : `${count} things stand in the way. What reads the result of one of them could not be checked yet.`;
  part(panel, 'complaints').replaceChildren(...complaints.map((one) => itemOf(one, file)));
  setHidden(panel, false);
  part(panel, 'refusal-title').focus({ preventScroll: true });
  panel.scrollIntoView({ block: 'nearest' });
}

export function hideRefusal(host: HTMLElement): void {
  setHidden(part(host, 'refusal'), true);
}

function itemOf({ where, rule, found, remedy }: Complaint, file: string): HTMLElement {
  const item = document.createElement('li');
  const place = document.createElement('b');
  // The file is in the title already.
  const inside = where.startsWith(file) ? where.slice(file.length).replace(/^[,\s]+/, '') : where;
  place.textContent = inside || 'The file as a whole';
  const fault = document.createElement('p');
  fault.textContent = `Expected: ${rule}. Found: ${found || 'something else'}.`;
  item.append(place, fault);
  if (remedy) {
    const help = document.createElement('p');
    help.className = 'hint';
    help.textContent = remedy;
    item.append(help);
  }
  return item;
}
