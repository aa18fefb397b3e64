import { Announcer } from './parts/announcer';
import { part } from './parts/dom';
import { Gpu } from './parts/gpu';
import { Notice } from './parts/notice';
import { mountRace } from './sections/race';

const page = {
  announcer: new Announcer(part(document, 'announcements')),
  notice: new Notice(part(document, 'notice')),
  gpu: new Gpu(part(document, 'adapter')),
};

mountRace(document.querySelector('#race') as HTMLElement, page);
