/** The camera of the person who is in front of the page: a live picture, and still ones when they ask for them. */

import { UserError } from '../../common/errors.ts';
import { button, element } from '../parts/element.ts';
import type { StatusLine } from '../parts/status.ts';
import { cameraProblem, insecureText } from './photograph-texts.ts';

/** What is asked of the camera: enough for faces, and no more than can be looked at quickly. */
const wanted: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 720 } },
};

export class Camera {
  /** The live picture and its buttons; hidden while the camera is off. */
  readonly element: HTMLElement;
  /** Turns the camera on. */
  readonly button: HTMLButtonElement;
  private readonly video = element('video', {
    class: 'camera-picture',
    playsinline: true,
    'aria-label': 'what the camera sees',
  });
  private readonly take = button('Take a picture', () => void this.shoot(), { class: 'button primary' });
  private readonly status: StatusLine;
  private readonly onPicture: (name: string, file: Blob) => void;
  private stream: MediaStream | undefined;
  private taken = 0;
  /** Counts up when the camera is turned on or off: a permission that comes too late is not used. */
  private turn = 0;

  /** @param status where it is said what is wrong */
  constructor(status: StatusLine, onPicture: (name: string, file: Blob) => void) {
    this.status = status;
    this.onPicture = onPicture;
    this.video.muted = true;
    this.button = button('Use the camera', () => void this.start());
    this.element = element(
      'div',
      { class: 'camera', role: 'group', 'aria-label': 'Camera', hidden: true },
      this.video,
      element(
        'div',
        { class: 'buttons' },
        this.take,
        button('Stop the camera', () => this.stop(true)),
      ),
    );
  }

  /** Turns the camera off. @param refocus whether the keyboard goes to the button that turns it on again */
  stop(refocus = false): void {
    this.turn++;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
    this.element.hidden = true;
    this.button.hidden = false;
    if (refocus) this.button.focus();
  }

  private async start(): Promise<void> {
    // Where a page is not secure, the property is missing.
    const devices: MediaDevices | undefined = navigator.mediaDevices;
    if (!devices) {
      this.status.fail(insecureText);
      return;
    }
    const turn = ++this.turn;
    this.status.busy('waiting for the camera');
    try {
      const stream = await devices.getUserMedia(wanted);
      if (turn !== this.turn) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      await this.show(stream);
    } catch (error) {
      if (turn !== this.turn) return;
      this.stop();
      this.status.fail(cameraProblem((error as Error).name));
    }
  }

  private async show(stream: MediaStream): Promise<void> {
    this.stream = stream;
    for (const track of stream.getTracks())
      track.addEventListener('ended', () => {
        if (this.stream === stream) this.stop(); // it was unplugged, or taken away again
      });
    this.video.srcObject = stream;
    this.element.hidden = false;
    this.button.hidden = true;
    await this.video.play();
    this.status.clear();
    this.take.focus();
  }

  /** Hands over what the camera sees now. On the screen it is mirrored, as in a mirror; the picture is not. */
  private async shoot(): Promise<void> {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!this.stream || width === 0 || height === 0) return;
    try {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d');
      if (!context) throw new UserError('this browser gives no picture of the camera');
      context.drawImage(this.video, 0, 0);
      this.onPicture(`camera ${++this.taken}`, await canvas.convertToBlob({ type: 'image/png' }));
    } catch (error) {
      this.status.fail(error);
    }
  }
}
