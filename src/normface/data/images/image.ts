/** Size in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A decoded image: 8-bit RGB, row-major, `pixels.length === width * height * 3`. */
export interface Image extends ImageSize {
  readonly pixels: Uint8Array;
}
