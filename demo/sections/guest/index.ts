import './guest.css';
import {
  afterLoss,
  isWithoutGpu,
  openDevice,
  type Problem,
  withoutFigure,
} from '../../parts/device';
import { part, reducedMotion, setText } from '../../parts/dom';
import { formatBytes, formatCount } from '../../parts/format';
import { mounting, type Page, type Section } from '../../parts/page';
import type { Performer } from '../../parts/stage';
import { Work } from '../../parts/work';
import { guestCode } from './code';
import markup from './guest.html?raw';
import { Learner } from './learner';
import { Meter, type Reading } from './meter';
import type { WaveScene } from './scene';

/** What to do where the device is lost. */
const remedies = [
  'Start again: the network begins anew, and finds the surface again within a few hundred frames. It is never read back from the device, so there is no copy of it.',
];

/** The network as a guest in the frame of an app, here one that draws with three.js. */
class GuestSection implements Section, Performer {
  readonly keys: Section['keys'];
  #device?: GPUDevice;
  #meter?: Meter;
  #alone?: Reading;
  #scene?: WaveScene;
  #learner?: Learner;
  readonly #work = new Work((problem) => this.#fail(problem));
  #playing = false;
  #visible = false;
  #steps = 0;
  #angle = 0.6;
  #frame = 0;
  /** The wave's own clock: on a slow adapter it goes slowly, so that the network can follow. */
  #seconds = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    const toggle = () => (this.#playing ? this.pause() : this.play());
    this.keys = { ' ': toggle };
    part(host, 'play').addEventListener('click', toggle);
    part(host, 'network').addEventListener('click', () => this.#toggleNetwork());
    const canvas = part<HTMLCanvasElement>(host, 'canvas');
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
    canvas.addEventListener('pointermove', ({ buttons, movementX }) => {
      if (buttons) this.#turn(0.008 * movementX);
    });
    new ResizeObserver(() => {
      this.#scene?.resize();
      this.#invalidate();
    }).observe(canvas);
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.#visible = isIntersecting;
      this.#invalidate();
    }).observe(canvas);
  }

  code(): string {
    return guestCode();
  }

  /** Opens the app's device, the scene and the network. */
  start(): void {
    this.page.notice.hide();
    void this.#work.begin(async () => {
      this.#phase('Opening a device of the app’s own');
      const device = await openDevice();
      this.#device = device;
      this.#work.follow(device);
      const meter = new Meter(device);
      this.#meter = meter;
      this.#phase('Loading three.js');
      const { WaveScene } = await import('./scene');
      this.#scene = await WaveScene.create(part<HTMLCanvasElement>(this.host, 'canvas'), device);
      this.#alone = meter.read();
      await this.#bringNetwork();
      this.#steps = 0;
      this.#enable(true);
      this.#invalidate();
    });
  }

  play(): void {
    this.#playing = true;
    this.page.stage.enter(this);
    this.#showPlaying();
  }

  pause(): void {
    this.#playing = false;
    this.page.stage.leave(this);
    this.#showPlaying();
  }

  #showPlaying(): void {
    setText(part(this.host, 'play-label'), this.#playing ? 'Pause' : 'Play');
    this.page.announcer.say(this.#playing ? 'Playing' : 'Paused');
    this.#invalidate();
  }

  async #bringNetwork(): Promise<void> {
    if (!this.#device || !this.#scene) return;
    this.#phase('Compiling the network');
    this.#learner = await Learner.create(this.#device, this.#scene.places);
    this.#phase('');
    this.#showNetwork();
  }

  #toggleNetwork(): void {
    this.#enable(false);
    void this.#work.add(async () => {
      if (this.#learner) {
        this.#learner.dispose();
        this.#learner = undefined;
        this.#showNetwork();
      } else await this.#bringNetwork();
      this.page.announcer.say(
        this.#learner ? 'The network is on the device' : 'The network is gone from the device',
      );
      this.#enable(true);
      this.#invalidate();
    });
  }

  #showNetwork(): void {
    const text = this.#learner ? 'Give the network back' : 'Bring the network in';
    setText(part(this.host, 'network'), text);
  }

  #enable(enabled: boolean): void {
    for (const name of ['play', 'network']) {
      part<HTMLButtonElement>(this.host, name).disabled = !enabled;
    }
  }

  #phase(text: string): void {
    const line = part(this.host, 'phase');
    line.hidden = !text;
    setText(line, text);
  }

  #onKey(event: KeyboardEvent): void {
    const turn = { ArrowLeft: -0.15, ArrowRight: 0.15 }[event.key];
    if (turn === undefined) return;
    event.preventDefault();
    this.#turn(turn);
  }

  #turn(by: number): void {
    this.#angle += by;
    this.#invalidate();
  }

  #fail(problem: Problem): void {
    this.#learner = undefined;
    this.#scene = undefined;
    this.#phase('');
    this.#enable(false);
    const without = isWithoutGpu(problem);
    for (const name of ['stage', 'panel']) part(this.host, name).hidden = without;
    const shown = withoutFigure(afterLoss(problem, remedies));
    this.page.notice.show(shown, () => this.start());
  }

  #invalidate(): void {
    if (this.#frame || !this.#visible || !this.#scene) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const scene = this.#scene;
    const device = this.#device;
    if (!scene || !device) return;
    if (this.#playing && this.#learner) {
      this.#seconds += 1 / 60;
      const encoder = device.createCommandEncoder();
      this.#learner.encode(encoder, this.#seconds, scene.heights);
      device.queue.submit([encoder.finish()]);
      this.#steps++;
    }
    if (this.#playing && !reducedMotion.matches) this.#angle += 0.002;
    scene.turn(this.#angle);
    scene.draw();
    this.#showMeter();
    // The next frame when this one is done: a slow adapter is not buried in frames.
    if (this.#playing) void device.queue.onSubmittedWorkDone().then(() => this.#invalidate());
  }

  #showMeter(): void {
    const now = this.#meter?.read();
    if (!now || !this.#alone) return;
    setText(part(this.host, 'steps'), formatCount(this.#steps));
    for (const row of this.host.querySelectorAll<HTMLElement>('[data-row]')) {
      const name = row.dataset.row as keyof Reading;
      const show = name === 'bytes' || name === 'readBack' ? formatBytes : formatCount;
      const [before, after] = row.querySelectorAll('td');
      setText(before, show(this.#alone[name]));
      setText(after, show(now[name]));
    }
  }
}

export const mount = mounting(markup, GuestSection);
