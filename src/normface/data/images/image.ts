/** A decoded image: 8-bit RGB, row-major, `pixels.length === width * height * 3`. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}
