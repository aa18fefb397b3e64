import { mat4, vec3 } from 'gl-matrix';

/** From where the ridges are seen. */
export interface Camera {
  /** Degrees about the upright axis; 0 looks along the steps. */
  readonly azimuth: number;
  /** Degrees above the floor; 90 looks down on it. */
  readonly elevation: number;
  readonly zoom: number;
  readonly perspective: boolean;
}

export type Angles = Pick<Camera, 'azimuth' | 'elevation'>;

export const presets = {
  /** The ridges one behind the other. */
  oblique: { azimuth: -24, elevation: 34 },
  /** All ridges on top of each other. */
  side: { azimuth: 0, elevation: 0 },
  /** A heat map. */
  top: { azimuth: 0, elevation: 90 },
} as const satisfies Record<string, Angles>;
export type Preset = keyof typeof presets;

export const zoomLimits = { min: 0.5, max: 4 } as const;

/** Half of what is drawn, with its labels: values across, steps in depth; and shares upwards from 0. */
const extent = { x: 1.34, y: 0.9, z: 1.14 } as const;
const middle = vec3.fromValues(0, extent.y / 2, 0);
/** Of what the picture needs, how much it gets. */
const margin = 1.02;
const fieldOfView = Math.PI / 6;

export function presetOf({ azimuth, elevation }: Angles): Preset | undefined {
  return (Object.keys(presets) as Preset[]).find(
    (name) => presets[name].azimuth === azimuth && presets[name].elevation === elevation,
  );
}

export function turned(camera: Camera, right: number, up: number): Camera {
  const azimuth = ((camera.azimuth + right + 540) % 360) - 180;
  const elevation = Math.min(90, Math.max(0, camera.elevation + up));
  return { ...camera, azimuth, elevation };
}

export function zoomed(camera: Camera, factor: number): Camera {
  const zoom = Math.min(zoomLimits.max, Math.max(zoomLimits.min, camera.zoom * factor));
  return { ...camera, zoom };
}

/** On the shorter way round, `share` of the way from one to the other. */
export function between(from: Camera, to: Camera, share: number): Camera {
  const mix = (a: number, b: number) => a + (b - a) * share;
  const way = ((to.azimuth - from.azimuth + 540) % 360) - 180;
  return {
    ...to,
    azimuth: from.azimuth + way * share,
    elevation: mix(from.elevation, to.elevation),
    zoom: mix(from.zoom, to.zoom),
  };
}

/** From the world to WebGPU's clip space, so that all that may be drawn fits a picture of this aspect. */
export function matrixOf(camera: Camera, aspect: number): mat4 {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const turn = mat4.fromXRotation(mat4.create(), radians(camera.elevation));
  mat4.rotateY(turn, turn, radians(camera.azimuth));
  const half = halfWidth(turn, aspect) / camera.zoom;
  const near = 0.1;
  const away = half / aspect / Math.tan(fieldOfView / 2) + extent.z;
  const projection = mat4.create();
  if (camera.perspective) mat4.perspectiveZO(projection, fieldOfView, aspect, near, away + 4);
  else mat4.orthoZO(projection, -half, half, -half / aspect, half / aspect, near, away + 4);
  const view = mat4.fromTranslation(mat4.create(), [0, 0, -away]);
  mat4.multiply(view, view, turn);
  mat4.translate(view, view, vec3.negate(vec3.create(), middle));
  return mat4.multiply(projection, projection, view);
}

/** Half the width that shows every corner, in a picture of this aspect. */
function halfWidth(turn: mat4, aspect: number): number {
  let [x, y] = [0, 0];
  for (let corner = 0; corner < 8; corner++) {
    const at = vec3.fromValues(
      corner & 1 ? extent.x : -extent.x,
      corner & 2 ? extent.y / 2 : -extent.y / 2,
      corner & 4 ? extent.z : -extent.z,
    );
    vec3.transformMat4(at, at, turn);
    x = Math.max(x, Math.abs(at[0]));
    y = Math.max(y, Math.abs(at[1]));
  }
  return margin * Math.max(x, y * aspect);
}

/** Where a point of the world is in the picture: −1 … 1 to the right and upwards. */
export function project(matrix: mat4, point: readonly [number, number, number]): [number, number] {
  const at = vec3.transformMat4(vec3.create(), point, matrix);
  return [at[0], at[1]];
}

/**
 * Which point of the floor is seen at a place of the picture. Where the floor is seen from its edge only
 * x is known.
 */
export function pick(matrix: mat4, right: number, up: number): { x: number; z?: number } {
  const inverse = mat4.invert(mat4.create(), matrix);
  if (!inverse) return { x: 0 };
  const near = vec3.transformMat4(vec3.create(), [right, up, 0], inverse);
  const far = vec3.transformMat4(vec3.create(), [right, up, 1], inverse);
  const fall = near[1] - far[1];
  const length = vec3.distance(near, far);
  // Less than 3 degrees: a pixel would be many steps.
  if (fall < 0.05 * length) return { x: near[0] };
  const share = near[1] / fall;
  const along = (axis: 0 | 2) => near[axis] + share * (far[axis] - near[axis]);
  return { x: along(0), z: along(2) };
}
