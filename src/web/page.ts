/** What the frame of the application and its pages promise each other. */

import type { Device } from '../engine/core/tensor.ts';

/** What a page is given when it is opened. */
export interface PageContext {
  /**
   * The GPU that all pages share, opened on first need. Where it cannot be opened, the frame shows what to do about it and the
   * promise rejects with a DeviceError; a page that lets `mount` reject with it is replaced by that panel, and one that has
   * something to show without a GPU catches it.
   */
  device(): Promise<Device>;
  /** The parameters after `?` in the hash, as they were when the page was opened. */
  readonly parameters: URLSearchParams;
  /** Writes the page's state into the URL, so that it can be shared; adds nothing to the history and does not mount the page again. */
  replaceParameters(parameters: URLSearchParams): void;
  /** Names what the page shows in the title of the window, before the page's own: `gemm` gives `gemm · Kernels · normface`. */
  setTitle(subject: string): void;
  /**
   * Aborted when the page is disposed of, not when another one is shown: pass it to `addEventListener`, and stop loops when it
   * says so. Listeners on the window are also called while another page is shown: ask `root.isConnected`.
   */
  readonly signal: AbortSignal;
}

/**
 * A page. It stays alive while others are on the screen: its root is taken out of the document and put back as it was, so that
 * nothing that a person has entered, chosen or computed is lost. Without a GPU, or after one was lost, it is made again.
 */
export interface Page {
  /** Stops what runs and frees what the page holds on the GPU. The frame empties the root itself. */
  dispose(): void;
  /** Another page is shown: what needs the screen, or all of the GPU, waits. */
  hide?(): void;
  /** The page is shown again, its root is in the document. Not called the first time. */
  show?(): void;
  /** The URL now says something else than the page does. A page that cannot follow leaves this out, and is made again. */
  follow?(parameters: URLSearchParams): void;
  /**
   * The device was lost. A page that has this goes on with another one, which {@link PageContext.device} gives; all others are made
   * again when a person asks for it.
   */
  deviceLost?(): void;
  /** Whether closing the window would lose work that the URL does not hold; the browser then asks first. */
  hasUnsavedWork?(): boolean;
}

/**
 * Puts a page into an empty root. Every page's module exports this as `mount`. What it throws later on its own is its own to
 * show; what it throws here is shown by the frame as one sentence.
 */
export type Mount = (root: HTMLElement, context: PageContext) => Page | Promise<Page>;
