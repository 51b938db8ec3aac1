/** What finds faces in photographs: boxes and five points of each. */

import { UserError } from '../../common/errors.ts';

/** A photograph as canvases have it (`ImageData` is one): rows of red, green, blue, alpha; alpha is ignored. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  /** `width · height · 4` bytes. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A place in a photograph in pixels; the centre of the top left pixel is (0, 0), x to the right, y down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in pixels, whose corners are places like {@link Point}; it may reach beyond the photograph. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Left eye, right eye, tip of the nose, left and right corner of the mouth, as the viewer sees them. */
export type FivePoints = readonly [Point, Point, Point, Point, Point];

/** A face of a photograph. */
export interface DetectedFace {
  readonly box: Box;
  /** How sure the net is that this is a face, 0 to 1. */
  readonly score: number;
  readonly points: FivePoints;
}

/** Finds faces in photographs, on a device, until it is disposed of. */
export interface Detector {
  /** Which detector this is, for messages and files: `mtcnn` or `face-api`. */
  readonly name: string;
  /** The faces of a photograph, largest score first; none is an empty list. The same photograph gives the same numbers. */
  detect(image: RgbaImage): Promise<DetectedFace[]>;
  /** Frees what the detector holds on the device. */
  dispose(): void;
}

/** @throws UserError unless a photograph has as many bytes as pixels of four */
export function checkPhotograph({ width, height, data }: RgbaImage): void {
  if (!(Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0))
    throw new UserError(`a photograph of ${width} × ${height} pixels has no faces to look for`);
  if (data.length !== width * height * 4)
    throw new UserError(
      `a photograph of ${width} × ${height} pixels needs ${width * height * 4} bytes of red, green, blue and alpha, not ${data.length}`,
    );
}
