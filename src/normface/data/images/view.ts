/** How an image comes into the frame of a net. */
export interface View {
  /**
   * `cover` (default): scaled to cover the frame, and the middle cut out, as every command does it; `stretch`: all of it, its shape
   * ignored; `middle`: the middle cut out without scaling.
   */
  readonly cut?: 'cover' | 'stretch' | 'middle';
  /** What the frame then shows, enlarged about its centre by these factors across and down. */
  readonly zoom?: readonly [across: number, down: number];
  /** … and moved by so many pixels of the frame to the right and down. */
  readonly shift?: readonly [right: number, down: number];
}
