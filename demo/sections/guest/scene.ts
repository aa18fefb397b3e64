import { color, mix, positionLocal, storage, varying, vec3, vertexIndex } from 'three/tsl';
import {
  BoxGeometry,
  Color,
  DirectionalLight,
  DoubleSide,
  HemisphereLight,
  Mesh,
  MeshStandardNodeMaterial,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  StorageBufferAttribute,
  WebGPURenderer,
} from 'three/webgpu';

/** Vertices along each side of the surface. */
const side = 48;
const count = side * side;

/** The app: three.js draws a surface whose heights are in a buffer, and does not care who wrote them. */
export class WaveScene {
  /** [count, 2]: x and z of each vertex. */
  readonly places: Float32Array;
  readonly #renderer: WebGPURenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(38, 2, 0.1, 20);
  readonly #heights = new StorageBufferAttribute(count, 1);

  private constructor(canvas: HTMLCanvasElement, device: GPUDevice) {
    this.#renderer = new WebGPURenderer({ canvas, device, antialias: true, alpha: true });
    const geometry = new PlaneGeometry(2, 2, side - 1, side - 1).rotateX(-Math.PI / 2);
    const positions = geometry.getAttribute('position');
    this.places = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      this.places.set([positions.getX(i), positions.getZ(i)], 2 * i);
    }
    const material = new MeshStandardNodeMaterial({
      side: DoubleSide,
      flatShading: true,
      roughness: 0.6,
    });
    const learned = storage(this.#heights, 'float', count).toReadOnly().element(vertexIndex);
    material.positionNode = vec3(positionLocal.x, learned, positionLocal.z);
    const share = varying(learned).mul(1.1).add(0.5).clamp(0, 1);
    material.colorNode = mix(color(0x0a4f80), color(0xf0a04b), share);
    const surface = new Mesh(geometry, material);
    surface.frustumCulled = false;

    const floor = new Mesh(
      new BoxGeometry(2.1, 0.02, 2.1),
      new MeshStandardNodeMaterial({
        color: new Color(0x8a8f98),
        transparent: true,
        opacity: 0.35,
      }),
    );
    floor.position.y = -0.6;
    const sun = new DirectionalLight(0xffffff, 2.2);
    sun.position.set(1, 2, 1.5);
    this.#scene.add(surface, floor, sun, new HemisphereLight(0xffffff, 0x445566, 1.3));
  }

  static async create(canvas: HTMLCanvasElement, device: GPUDevice): Promise<WaveScene> {
    const scene = new WaveScene(canvas, device);
    await scene.#renderer.init();
    scene.resize();
    scene.turn(0.6);
    scene.draw();
    return scene;
  }

  /** The buffer on the GPU that three.js draws from: STORAGE and COPY_DST, f32 [count]. */
  get heights(): GPUBuffer {
    const backend = this.#renderer.backend as unknown as {
      get(attribute: StorageBufferAttribute): { buffer: GPUBuffer };
    };
    return backend.get(this.#heights).buffer;
  }

  /** The camera stands at this angle, in radians. */
  turn(angle: number): void {
    this.#camera.position.set(3.2 * Math.sin(angle), 1.9, 3.2 * Math.cos(angle));
    this.#camera.lookAt(0, -0.12, 0);
  }

  resize(): void {
    const { canvas } = this;
    const { clientWidth, clientHeight } = canvas;
    if (!clientWidth || !clientHeight) return;
    this.#renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.#renderer.setSize(clientWidth, clientHeight, false);
    this.#camera.aspect = clientWidth / clientHeight;
    this.#camera.updateProjectionMatrix();
  }

  get canvas(): HTMLCanvasElement {
    return this.#renderer.domElement as HTMLCanvasElement;
  }

  draw(): void {
    this.#renderer.render(this.#scene, this.#camera);
  }

  dispose(): void {
    this.#renderer.dispose();
  }
}
