// The benchmark in a browser, with the peers in frames of this page.
import { offer } from '../page';
import { peersInFrames } from './frames';

offer(peersInFrames());
