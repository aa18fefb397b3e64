import { Board } from '../../parts/board';
import { type Digits, imageOf, loadTestDigits } from '../../parts/digits';
import { part, setHidden } from '../../parts/dom';
import type { Page } from '../../parts/page';
import { pickFiles } from '../../parts/pick-files';
import { Camera, cameraProblem } from './camera';
import type { OpenModel } from './opened';
import {
  clearSeen,
  decodePicture,
  digitPicture,
  drawnPicture,
  type Picture,
  pictureNumbers,
} from './pictures';
import { type ImagePort, imagePortOf, type Preprocessing } from './preprocess';
import { Refusal } from './reader';
import { type RunInputs, randomInputs } from './runner';
import type { SourceName } from './settings';

export interface SourceActions {
  /** There are other numbers to run on. */
  change(): void;
  select(source: SourceName): void;
  /** The camera is on or off. */
  live(on: boolean): void;
  /** Pictures were chosen. */
  pictures(files: readonly File[]): void;
}

const titles: Readonly<Record<SourceName, string>> = {
  digit: 'Test digit',
  draw: 'Drawing',
  picture: 'Picture',
  camera: 'Camera',
  random: 'Random numbers',
};

/** Where the numbers for a run come from. */
export class Sources {
  readonly #radios = new Map<SourceName, HTMLInputElement>();
  readonly #board: Board;
  readonly #camera: Camera;
  #digits?: Promise<Digits>;
  #digit = 0;
  #picture?: Picture;
  #opened?: OpenModel;
  #port?: ImagePort;
  #source: SourceName = 'digit';

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
    private readonly actions: SourceActions,
  ) {
    for (const [name, title] of Object.entries(titles) as [SourceName, string][]) {
      const label = document.createElement('label');
      const radio = document.createElement('input');
      radio.type = 'radio';
      radio.name = 'model-source';
      radio.addEventListener('change', () => actions.select(name));
      label.append(radio, ` ${title}`);
      part(host, 'sources').append(label);
      this.#radios.set(name, radio);
    }
    this.#board = new Board(part(host, 'board'), {
      change: () => actions.change(),
      say: (message) => page.announcer.say(message),
    });
    this.#camera = new Camera(part(host, 'video'), () => this.#showCamera());
    this.#listen();
  }

  /** Which picture the model takes, if it takes one. */
  get port(): ImagePort | undefined {
    return this.#port;
  }

  get isLive(): boolean {
    return this.#source === 'camera' && this.#camera.running;
  }

  open(opened: OpenModel): void {
    this.#opened = opened;
    this.#port = imagePortOf(opened.model);
    for (const [name, radio] of this.#radios) {
      radio.disabled = !this.#port && name !== 'random';
    }
    const one = this.#port?.channels === 1;
    setHidden(part(this.host, 'order-label'), one);
  }

  /** Shows a source, or the only one there is for a model that takes no picture. */
  show(wanted: SourceName): void {
    const source = this.#port ? wanted : 'random';
    this.#source = source;
    (this.#radios.get(source) as HTMLInputElement).checked = true;
    for (const name of this.#radios.keys()) {
      setHidden(part(this.host, `source-${name}`), name !== source);
    }
    for (const name of ['preprocessing', 'seen-figure']) {
      setHidden(part(this.host, name), source === 'random');
    }
    if (source !== 'camera') this.stop();
  }

  /** The numbers of now; undefined while there are none. */
  async inputs(how: Preprocessing): Promise<RunInputs | undefined> {
    const [opened, port] = [this.#opened, this.#port];
    if (!opened) return undefined;
    if (this.#source === 'random' || !port) return randomInputs(opened);
    const picture = await this.#current();
    const seen = part<HTMLCanvasElement>(this.host, 'seen');
    if (!picture) {
      clearSeen(seen);
      return undefined;
    }
    seen.setAttribute(
      'aria-label',
      `The ${titles[this.#source].toLowerCase()}, as the model sees it`,
    );
    return { [port.name]: pictureNumbers(picture, port, how, seen) };
  }

  /** Numbers for a model that is open, where there is no picture. */
  random(): RunInputs {
    return this.#opened ? randomInputs(this.#opened) : {};
  }

  /** Takes a picture that was dropped, pasted or chosen, or throws a {@link Refusal}. */
  async take(file: File): Promise<void> {
    const where = file.name;
    if (!this.#port) {
      const rule = 'a picture is run by the model that is open';
      const found = this.#opened ? 'a model that takes no picture' : 'a picture without a model';
      throw new Refusal([
        { where, rule, found, remedy: 'Open a model that takes pictures first.' },
      ]);
    }
    try {
      this.#picture = await decodePicture(file);
    } catch {
      const found = 'something that this browser cannot decode';
      throw new Refusal([{ where, rule: 'it is a picture', found }]);
    }
  }

  stop(): void {
    if (!this.#camera.running) return;
    this.#camera.stop();
    this.#showCamera();
  }

  async #current(): Promise<Picture | undefined> {
    switch (this.#source) {
      case 'digit': {
        this.#digits ??= loadTestDigits();
        const test = await this.#digits;
        const number = ((this.#digit % test.count) + test.count) % test.count;
        part(this.host, 'digit-number').textContent =
          `Number ${number + 1} of ${test.count}, a ${test.labels[number]}`;
        return digitPicture(imageOf(test, number));
      }
      case 'draw':
        return this.#board.drawing.length ? drawnPicture(this.#board.drawing) : undefined;
      case 'picture':
        return this.#picture;
      case 'camera': {
        const video = part<HTMLVideoElement>(this.host, 'video');
        const { videoWidth: width, videoHeight: height } = video;
        return this.#camera.running && width ? { image: video, width, height } : undefined;
      }
      default:
        return undefined;
    }
  }

  #listen(): void {
    const { host, actions } = this;
    const turn = (by: number) => {
      this.#digit += by;
      actions.change();
    };
    pickFiles(part(host, 'choose-picture'), part(host, 'picture'), actions.pictures);
    part(host, 'previous-digit').addEventListener('click', () => turn(-1));
    part(host, 'next-digit').addEventListener('click', () => turn(1));
    part(host, 'undo').addEventListener('click', () => this.#board.undo());
    part(host, 'clear').addEventListener('click', () => this.#board.clear());
    part(host, 'camera').addEventListener('click', () => {
      if (this.#camera.running) this.stop();
      else void this.#startCamera();
    });
    part<HTMLSelectElement>(host, 'cameras').addEventListener('change', ({ target }) => {
      void this.#startCamera((target as HTMLSelectElement).value);
    });
  }

  async #startCamera(id?: string): Promise<void> {
    const { host } = this;
    const problem = part(host, 'camera-error');
    setHidden(problem, true);
    const button = part<HTMLButtonElement>(host, 'camera');
    button.disabled = true;
    try {
      await this.#camera.start(id);
      const cameras = await this.#camera.list();
      const select = part<HTMLSelectElement>(host, 'cameras');
      select.replaceChildren(...cameras.map((camera) => new Option(camera.name, camera.id)));
      select.value = this.#camera.deviceId ?? '';
      setHidden(part(host, 'camera-choice'), cameras.length < 2);
    } catch (error) {
      this.#camera.stop();
      problem.textContent = cameraProblem(error);
      setHidden(problem, false);
    }
    button.disabled = false;
    // Another source may have been chosen while the browser asked.
    if (this.#source !== 'camera') this.#camera.stop();
    this.#showCamera();
  }

  #showCamera(): void {
    const { host } = this;
    const on = this.#camera.running;
    setHidden(part(host, 'video'), !on);
    part(host, 'camera').textContent = on ? 'Stop the camera' : 'Start the camera';
    this.page.announcer.say(on ? 'The camera is on' : 'The camera is off');
    this.actions.live(on);
  }
}
