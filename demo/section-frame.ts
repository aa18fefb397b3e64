import type { LessonBuilder } from './lesson/builder';
import { part } from './parts/dom';
import { Notice } from './parts/notice';
import type { Page, Section } from './parts/page';
import type { NamedText, TextDialog } from './parts/text-dialog';
import markup from './section-frame.html?raw';
import type { SectionEntry } from './sections';

/** What every section has around it: its heading, its place in the navigation, its code and its link. */
export class SectionFrame {
  readonly element = document.createElement('section');
  readonly navItem = document.createElement('li');
  readonly #anchor = document.createElement('a');
  #section?: Promise<Section>;
  #keys: Section['keys'];

  constructor(
    readonly entry: SectionEntry,
    private readonly shared: Omit<Page, 'notice'>,
    private readonly dialog: TextDialog,
    builder: LessonBuilder,
  ) {
    const { element } = this;
    element.id = entry.id;
    element.className = 'section';
    element.setAttribute('aria-labelledby', `${entry.id}-title`);
    element.innerHTML = markup;
    const title = part(element, 'section-title');
    title.id = `${entry.id}-title`;
    title.textContent = entry.title;
    part(element, 'section-lead').textContent = entry.lead;
    this.#anchor.href = `#${entry.id}`;
    this.#anchor.textContent = entry.short;
    this.navItem.append(this.#anchor);
    part(element, 'get-code').addEventListener('click', () => void this.#showCode());
    part(element, 'view-source').addEventListener('click', () => void this.#showSource());
    part(element, 'make-exercise').addEventListener('click', () =>
      builder.open(entry.id, element, new URL(shared.link.address()).hash),
    );
    part(element, 'copy-link').addEventListener('click', () => void this.#copyLink());
  }

  get keys(): Readonly<Record<string, () => void>> {
    return this.#keys ?? {};
  }

  mount(): Promise<Section> {
    this.#section ??= this.#mount();
    return this.#section;
  }

  async #mount(): Promise<Section> {
    const notice = new Notice(part(this.element, 'notice'));
    const { mount } = await this.entry.load();
    const section = mount(part(this.element, 'section-body'), { ...this.shared, notice });
    this.#keys = section.keys;
    part(this.element, 'get-code').hidden = !section.code;
    part(this.element, 'section-tools').hidden = false;
    return section;
  }

  goTo(): void {
    this.element.scrollIntoView();
    part(this.element, 'section-title').focus({ preventScroll: true });
  }

  setCurrent(current: boolean): void {
    if (current) this.#anchor.setAttribute('aria-current', 'true');
    else this.#anchor.removeAttribute('aria-current');
  }

  async #showCode(): Promise<void> {
    const { id, short } = this.entry;
    const section = await this.mount();
    const text = (await section.code?.()) ?? '';
    const hint =
      'One file, as the section stands now. Save it and open it: the library comes from a CDN, in exactly this version.';
    this.dialog.open(`${short}: the code`, hint, [{ name: `${id}.html`, text }]);
  }

  async #showSource(): Promise<void> {
    const { id, short } = this.entry;
    const folder = `./sections/${id}/`;
    // The list alone is long: few look at it.
    const { sources } = await import('./sources');
    const files: NamedText[] = await Promise.all(
      Object.entries(sources)
        .filter(([path]) => path.startsWith(folder))
        .map(async ([path, load]) => ({ name: path.slice(folder.length), text: await load() })),
    );
    // The entry first: everything else follows from it.
    files.sort((a, b) => Number(b.name === 'index.ts') - Number(a.name === 'index.ts'));
    const hint = `The source of this section, demo/sections/${id}. It uses the library’s public names only.`;
    this.dialog.open(`${short}: the source`, hint, files);
  }

  async #copyLink(): Promise<void> {
    const button = part(this.element, 'copy-link');
    const address = this.shared.link.address(this.entry.id);
    try {
      await navigator.clipboard.writeText(address);
      this.shared.announcer.say('Link copied');
      button.textContent = 'Link copied';
    } catch {
      location.href = address;
      button.textContent = 'It is in the address bar';
    }
    setTimeout(() => {
      button.textContent = 'Copy link';
    }, 2000);
  }
}
