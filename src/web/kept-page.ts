import { DeviceError } from '../engine/core/errors.ts';
import type { Device } from '../engine/core/tensor.ts';
import type { Mount, Page, PageContext } from './page.ts';
import { element } from './parts/element.ts';
import { formatHash, type Route } from './routes.ts';

/** What a kept page needs of the frame. */
export interface Host {
  openDevice(): Promise<Device>;
  /** What to show where the device could not be opened. */
  explain(error: unknown): HTMLElement;
  /** The title of the page without a subject. */
  readonly title: string;
  /** What the page is for. */
  readonly purpose: string;
}

/** One page of the application with its place in the document, which it leaves and takes again without being made again. */
export class KeptPage {
  /** What is put into the document: the notice, and the page below it. */
  readonly nodes: readonly HTMLElement[];
  private readonly host: Host;
  private readonly name: Route['page'];
  private readonly root = element('div', { class: 'page' });
  /** What is wrong with the GPU, as far as this page needs one. */
  private readonly notice = element('div', { class: 'frame-notice', 'aria-live': 'polite' });
  private readonly life = new AbortController();
  private page: Page | null = null;
  private subject = '';
  private scrolled = 0;
  private isShown = false;
  private usesDevice = false;
  private lacksDevice = false;
  private now: URLSearchParams;

  constructor({ page, parameters }: Route, host: Host) {
    this.host = host;
    this.name = page;
    this.now = parameters;
    this.nodes = [this.notice, this.root];
  }

  /** What the URL says while the page is shown. */
  get parameters(): URLSearchParams {
    return this.now;
  }

  /** Whether the page has asked for the GPU, and so cannot outlive it. */
  get needsDevice(): boolean {
    return this.usesDevice;
  }

  /** Whether the page wants a device and has none: it was lost, or could not be opened. */
  get isLost(): boolean {
    return this.lacksDevice;
  }

  /** Whether the page goes on with another device where one is lost. */
  get outlivesDevice(): boolean {
    return this.page?.deviceLost !== undefined;
  }

  /** The device was lost. @param panel what is said of it where the page does not go on with another one */
  deviceLost(panel: () => HTMLElement): void {
    if (!this.usesDevice) return;
    if (this.page?.deviceLost) {
      this.page.deviceLost();
      return;
    }
    this.lacksDevice = true;
    this.notify(panel());
  }

  get hasUnsavedWork(): boolean {
    return this.page?.hasUnsavedWork?.() ?? false;
  }

  /** Makes the page; what it throws is passed on. It may be hidden meanwhile. */
  async open(load: () => Promise<{ mount: Mount }>): Promise<void> {
    const { signal } = this.life;
    const { mount } = await load().catch((cause: unknown) => {
      throw new Error('a part of the application could not be loaded: is there a network?', { cause });
    });
    if (signal.aborted) return;
    const page = await mount(this.root, this.context());
    if (signal.aborted) page.dispose();
    else this.page = page;
    if (!this.isShown) this.page?.hide?.();
    this.placeNotice();
  }

  /**
   * Takes the screen again, where the URL does not contradict what the page shows: a link that says less means the page as it was
   * left.
   * @returns false where the page has to be made again for these parameters
   */
  resume(parameters: URLSearchParams): boolean {
    if (!isPartOf(parameters, this.now)) {
      if (!this.page?.follow) return false;
      this.now = parameters;
      this.page.follow(parameters);
    }
    return true;
  }

  /** Puts the page into its place. */
  attach(main: HTMLElement): void {
    main.replaceChildren(...this.nodes);
    this.placeNotice();
    this.isShown = true;
    this.writeTitle();
    this.writeUrl();
    this.page?.show?.();
    scrollTo(0, this.scrolled);
  }

  /** Leaves the place to another page. */
  detach(): void {
    this.scrolled = scrollY;
    this.isShown = false;
    for (const node of this.nodes) node.remove();
    this.page?.hide?.();
  }

  dispose(): void {
    this.life.abort();
    this.page?.dispose();
    this.page = null;
    this.root.replaceChildren();
    this.isShown = false;
  }

  /** Shows in place of the page why there is none. */
  fail(error: Error, panel: HTMLElement): void {
    const { title, purpose } = this.host;
    const head = element(
      'div',
      { class: 'page-head' },
      element('h1', {}, title),
      element('p', { class: 'lead' }, purpose),
    );
    // Where there is no GPU, the notice says more than the error.
    const isSaid = error instanceof DeviceError && this.notice.hasChildNodes();
    this.root.replaceChildren(head, ...(isSaid ? [] : [panel]));
    this.placeNotice();
  }

  /** Says what is wrong with the GPU. */
  notify(panel: HTMLElement): void {
    this.notice.replaceChildren(panel);
    this.placeNotice();
  }

  /** Below the heading of the page, once there is one. */
  private placeNotice(): void {
    if (this.notice.hasChildNodes()) this.root.querySelector('.page-head')?.after(this.notice);
  }

  private context(): PageContext {
    const { signal } = this.life;
    return {
      parameters: this.now,
      signal,
      replaceParameters: (parameters) => {
        if (signal.aborted) return;
        this.now = parameters;
        this.writeUrl();
      },
      setTitle: (subject) => {
        this.subject = subject;
        this.writeTitle();
      },
      device: async () => {
        this.usesDevice = true;
        try {
          const device = await this.host.openDevice();
          this.lacksDevice = false;
          return device;
        } catch (error) {
          this.lacksDevice = true;
          if (!signal.aborted && !this.notice.hasChildNodes()) this.notify(this.host.explain(error));
          throw error;
        }
      },
    };
  }

  private writeUrl(): void {
    if (!this.isShown) return;
    const hash = formatHash({ page: this.name, parameters: this.now });
    if (hash !== location.hash) history.replaceState(null, '', hash);
  }

  private writeTitle(): void {
    if (this.isShown)
      document.title = [this.subject, this.host.title, 'normface'].filter(Boolean).join(' · ');
  }
}

/** Whether all that the first says is said by the second. */
export function isPartOf(some: URLSearchParams, all: URLSearchParams): boolean {
  return [...some].every(([name, value]) => all.get(name) === value);
}
