import { standalone } from '../../parts/standalone';

const three = `three@${import.meta.env.THREE_VERSION}`;

/** A three.js surface from a network's output, as a page of its own. */
export function guestCode(): string {
  return standalone({
    title: 'A network in the frame of a three.js app',
    others: { 'three/webgpu': `${three}/webgpu`, 'three/tsl': `${three}/tsl` },
    body: '<canvas width="800" height="450"></canvas>',
    style: 'canvas { width: 100%; }',
    script: `
import { positionLocal, storage, varying, vec3, vertexIndex } from 'three/tsl';
import {
  Mesh, MeshBasicNodeMaterial, PerspectiveCamera, PlaneGeometry, Scene, StorageBufferAttribute, WebGPURenderer,
} from 'three/webgpu';
import { batchNorm, compile, dense, requestDevice, sequential, tanh, trainingProgram } from 'webgpu-batchnorm';

// The app: its device, its scene, and a buffer of heights that it draws from.
const device = await requestDevice();
const renderer = new WebGPURenderer({ canvas: document.querySelector('canvas'), device });
await renderer.init();
const geometry = new PlaneGeometry(2, 2, 47, 47).rotateX(-Math.PI / 2);
const position = geometry.getAttribute('position');
const heights = new StorageBufferAttribute(position.count, 1);
const height = storage(heights, 'float', position.count).toReadOnly().element(vertexIndex);
const material = new MeshBasicNodeMaterial({ wireframe: true });
material.positionNode = vec3(positionLocal.x, height, positionLocal.z);
material.colorNode = varying(vec3(height.add(0.5), 0.6, 0.9));
const scene = new Scene();
const mesh = new Mesh(geometry, material);
mesh.frustumCulled = false;
scene.add(mesh);
const camera = new PerspectiveCamera(38, 16 / 9, 0.1, 20);
camera.position.set(2, 1.9, 2.6);
camera.lookAt(0, -0.1, 0);
renderer.render(scene, camera);
const buffer = renderer.backend.get(heights).buffer;

// The guest: a network that learns moving waves.
const model = sequential([2], [dense(32), batchNorm(), tanh(), dense(32), batchNorm(), tanh(), dense(1)]);
const net = await compile(model, { device });
const batch = 128;
const step = await trainingProgram(net, { batch, loss: 'meanSquaredError' });
const grid = await net.program({ batch: position.count });
const [input] = model.inputs;
const [output] = model.outputs;
const places = Array.from({ length: position.count }, (_, i) => [position.getX(i), position.getZ(i)]);
grid.writeInput(input.name, places.flat());
step.writeInput('training/learningRate', [0.01]);

renderer.setAnimationLoop((time) => {
  const points = Array.from({ length: 2 * batch }, () => 2 * Math.random() - 1);
  const waves = Array.from({ length: batch }, (_, i) => {
    const r = Math.hypot(points[2 * i] - 0.2, points[2 * i + 1] + 0.1);
    return 0.45 * Math.sin(5 * r - time / 1250) * Math.exp(-0.6 * r);
  });
  step.writeInput(input.name, points);
  step.writeInput('training/targets', waves);
  const encoder = device.createCommandEncoder();
  step.encode(encoder);
  grid.encode(encoder, { outputs: { [output.name]: buffer } });
  device.queue.submit([encoder.finish()]);
  renderer.render(scene, camera);
});
`,
  });
}
