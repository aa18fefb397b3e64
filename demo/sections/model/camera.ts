/** Why there is no picture from a camera, in words for the visitor. */
export function cameraProblem(error: unknown): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'The camera was refused to this page. Allow it by the camera sign in the address bar, and start it again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera is found. Connect one, or use a picture.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera is there, but another program has it, or it does not answer. Close the other program, and start it again.';
    case 'SecurityError':
      return 'This browser, or the page around this one, forbids cameras here.';
  }
  if (!navigator.mediaDevices?.getUserMedia) {
    return 'Browsers offer cameras only to pages from https or from this machine (localhost).';
  }
  return `The camera does not work: ${error instanceof Error ? error.message : String(error)}`;
}

/** The visitor's camera in a video element: on a phone, the one on its back. */
export class Camera {
  #stream?: MediaStream;

  constructor(
    private readonly video: HTMLVideoElement,
    /** It stopped by itself: unplugged, or the permission was taken back. */
    private readonly onEnd: () => void,
  ) {}

  get running(): boolean {
    return this.#stream !== undefined;
  }

  /** Throws what the browser says; see {@link cameraProblem}. */
  async start(deviceId?: string): Promise<void> {
    this.stop();
    const which = deviceId
      ? { deviceId: { exact: deviceId } }
      : { facingMode: { ideal: 'environment' } };
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { ...which, width: { ideal: 640 }, height: { ideal: 480 } },
    });
    this.#stream = stream;
    stream.getVideoTracks()[0].addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      this.stop();
      this.onEnd();
    });
    this.video.srcObject = stream;
    await this.video.play();
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.video.srcObject = null;
  }

  /** All cameras by name; browsers tell the names once one has been allowed. */
  async list(): Promise<{ id: string; name: string }[]> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices
      .filter(({ kind }) => kind === 'videoinput')
      .map(({ deviceId, label }, i) => ({ id: deviceId, name: label || `Camera ${i + 1}` }));
  }

  /** The camera in use. */
  get deviceId(): string | undefined {
    return this.#stream?.getVideoTracks()[0].getSettings().deviceId;
  }
}
