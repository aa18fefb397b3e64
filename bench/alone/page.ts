// The benchmark in a browser, without peers.
import { offer } from '../page';

offer();
