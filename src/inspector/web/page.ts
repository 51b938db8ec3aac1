/** What the frame of the application and its pages promise each other. */

import type { Device } from '../../engine/device.ts';

/** What a page is given while it is on the screen. */
export interface PageContext {
  /**
   * The GPU that all pages share, opened on first need. Where it cannot be opened, the frame shows what to do about it and the
   * promise rejects with a DeviceError; a page that lets `mount` reject with it is replaced by that panel, and one that has
   * something to show without a GPU catches it.
   */
  device(): Promise<Device>;
  /** The parameters after `?` in the hash, as they were when the page was opened. */
  readonly parameters: URLSearchParams;
  /** Writes the page's state into the URL, so that it can be shared; adds nothing to the history and does not mount the page anew. */
  replaceParameters(parameters: URLSearchParams): void;
  /** Aborted when the page is left: pass it to `addEventListener`, and stop loops when it says so. */
  readonly signal: AbortSignal;
}

/** A page that is on the screen. */
export interface Page {
  /** Stops what runs and frees what the page holds on the GPU. The frame empties the root itself. */
  dispose(): void;
}

/**
 * Puts a page into an empty root. Every page's module exports this as `mount`. What it throws later on its own is its own to
 * show; what it throws here is shown by the frame as one sentence.
 */
export type Mount = (root: HTMLElement, context: PageContext) => Page | Promise<Page>;
