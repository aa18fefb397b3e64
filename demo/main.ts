import { LessonBuilder } from './lesson/builder';
import { parseLesson } from './lesson/lesson';
import { readyLessons } from './lesson/ready';
import { LessonView } from './lesson/view';
import { Mounting } from './mounting';
import { Announcer } from './parts/announcer';
import { part } from './parts/dom';
import { Gpu } from './parts/gpu';
import { Link } from './parts/link';
import { addShortcuts } from './parts/shortcuts';
import { Stage } from './parts/stage';
import { TextDialog } from './parts/text-dialog';
import { SectionFrame } from './section-frame';
import { sections } from './sections';

const announcer = new Announcer(part(document, 'announcements'));
const shared = {
  announcer,
  gpu: new Gpu(part(document, 'adapter')),
  link: new Link(),
  stage: new Stage(),
};
const lesson = parseLesson(
  location.search,
  readyLessons,
  sections.map(({ id }) => id),
);
const dialog = new TextDialog(announcer);
const builder = new LessonBuilder(announcer);
// A lesson shows one section.
const frames = sections
  .filter(({ id }) => !lesson || id === lesson.section)
  .map((entry) => new SectionFrame(entry, shared, dialog, builder));
part(document, 'sections').append(...frames.map(({ element }) => element));
part(document, 'nav').append(...frames.map(({ navItem }) => navItem));
if (lesson) {
  document.documentElement.dataset.lesson = '';
  part(document, 'sections').prepend(new LessonView(lesson, shared.link).element);
  document.title = lesson.title;
}

/** The section in the middle of the view. */
function inView(): SectionFrame {
  const middle = innerHeight / 2;
  const distance = ({ element }: SectionFrame) => {
    const { top, bottom } = element.getBoundingClientRect();
    return Math.max(0, top - middle, middle - bottom);
  };
  return frames.reduce((best, frame) => (distance(frame) < distance(best) ? frame : best));
}

/** The section that a key means: the one in focus, else the one in view. */
function active(): SectionFrame {
  return frames.find(({ element }) => element.contains(document.activeElement)) ?? inView();
}

addShortcuts((key) => active().keys[key]);

/** The section that a link led to, until the page moves: those above it grow when they are mounted. */
let kept: SectionFrame | undefined;
/** How far the page was scrolled for it. */
let keptAt = 0;
/** The section in view, and how far down the page it begins. */
let seen: { readonly frame: SectionFrame; readonly place: number } | undefined;
const placeOf = ({ element }: SectionFrame) => scrollY + element.getBoundingClientRect().top;

/** Sections grow when they are mounted: what the visitor looks at stays where it is. */
function hold(): void {
  if (kept) {
    kept.element.scrollIntoView();
    keptAt = scrollY;
  } else if (seen) {
    const place = placeOf(seen.frame);
    scrollBy({ top: place - seen.place, behavior: 'instant' });
    seen = { frame: seen.frame, place };
  }
}
new ResizeObserver(hold).observe(part(document, 'sections'));
/** Whether the visitor scrolls, not a section that shows what was asked for. */
let scrolls = false;
for (const move of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
  const moved = ({ target }: Event) => {
    kept = undefined;
    // A press on the page itself is one on its scroll bar.
    scrolls = move !== 'pointerdown' || target === document.documentElement;
  };
  addEventListener(move, moved, { passive: true, capture: true });
}

const mounting = new Mounting(frames);

let looking = 0;
function lookAround(): void {
  if (looking) return;
  looking = requestAnimationFrame(() => {
    looking = 0;
    if (!kept) hold();
    const current = inView();
    seen = { frame: current, place: placeOf(current) };
    for (const frame of frames) frame.setCurrent(frame === current);
    mounting.look();
  });
}
const onScroll = () => {
  // Assistive technology and a section that shows what was asked for scroll without an event of the above.
  if (Math.abs(scrollY - keptAt) > 1) kept = undefined;
  if (scrolls) mounting.scrolled();
  lookAround();
};
addEventListener('scroll', onScroll, { passive: true });
new ResizeObserver(lookAround).observe(document.body);

function lead(frame: SectionFrame): void {
  kept = frame;
  hold();
  void mounting.lead(frame);
}
// The browser scrolls there before it says that the address has changed.
for (const frame of frames) frame.navItem.addEventListener('click', () => lead(frame));

function goTo(): void {
  kept = undefined;
  const frame = frames.find(({ entry }) => entry.id === shared.link.at);
  if (!frame) return;
  lead(frame);
  frame.goTo();
}

shared.link.onFollow(goTo);
goTo();
if (!kept) void mounting.lead(inView());

// After the first visit the page works without a network.
if (import.meta.env.MODE === 'production' && 'serviceWorker' in navigator) {
  addEventListener('load', () => void navigator.serviceWorker.register('./worker.js'));
}
