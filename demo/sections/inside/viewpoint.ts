import type { Settings } from '../../parts/link';
import { type Camera, type Preset, presets, turned, zoomed } from './camera';
import { Orbit } from './orbit';
import type { settings } from './settings';

/** From where the ridges are seen, which the link remembers; turned by dragging, by keys and to presets. */
export class Viewpoint {
  readonly #orbit: Orbit;

  constructor(
    private readonly chosen: Settings<typeof settings>,
    /** Draws again. */
    private readonly onMove: () => void,
    /** The settings have changed. */
    private readonly onChoice: () => void,
  ) {
    this.#orbit = new Orbit(cameraOf(chosen.values), () => this.onMove());
  }

  get camera(): Camera {
    return this.#orbit.camera;
  }

  /** In degrees. */
  turn(right: number, up: number): void {
    this.#look(turned(this.#orbit.wanted, right, up));
  }

  zoom(factor: number): void {
    this.#look(zoomed(this.#orbit.wanted, factor));
  }

  setPerspective(perspective: boolean): void {
    this.#look({ ...this.#orbit.wanted, perspective });
  }

  choose(name: Preset): void {
    const preset = { ...presets[name], zoom: 1 };
    this.chosen.set(preset);
    this.onChoice();
    this.#orbit.turnTo({ ...this.#orbit.wanted, ...preset });
  }

  /** To where the settings say. */
  follow(): void {
    this.#orbit.jump(cameraOf(this.chosen.values));
  }

  /** What a key does; whether it does anything. */
  press({ key, shiftKey }: KeyboardEvent): boolean {
    const turns: Record<string, readonly [number, number]> = {
      ArrowLeft: [-5, 0],
      ArrowRight: [5, 0],
      ArrowUp: [0, 5],
      ArrowDown: [0, -5],
    };
    const zooms: Record<string, number> = { '+': 1.2, '-': 1 / 1.2 };
    if (shiftKey && Object.hasOwn(turns, key)) this.turn(...turns[key]);
    else if (Object.hasOwn(zooms, key)) this.zoom(zooms[key]);
    else return false;
    return true;
  }

  #look(camera: Camera): void {
    const { azimuth, elevation, zoom, perspective } = camera;
    this.chosen.set({
      azimuth: Math.round(azimuth),
      elevation: Math.round(elevation),
      zoom,
      perspective,
    });
    this.onChoice();
    this.#orbit.jump(camera);
  }
}

function cameraOf({ azimuth, elevation, zoom, perspective }: Camera): Camera {
  return { azimuth, elevation, zoom, perspective };
}
