// The benchmark in a browser, with the peers.
import { offer } from '../page';
import { jaxJs } from './jax-js';

offer(async () => [await jaxJs()]);
