import type { DeviceError } from '../engine/core/errors.ts';
import { isPartOf, KeptPage } from './kept-page.ts';
import type { Mount } from './page.ts';
import { button, element } from './parts/element.ts';
import { type PageName, pageNames, parseHash, type Route } from './routes.ts';
import { SharedDevice } from './shared-device.ts';
import { lostPanel, noGpuPanel } from './webgpu-help.ts';

interface PageEntry {
  /** Its name in the title of the window; the front page has that of the whole. */
  readonly title: string;
  /** What a person finds here, said where it cannot be shown for want of a GPU. */
  readonly purpose: string;
  load(): Promise<{ mount: Mount }>;
  /** Which of several things the page shows: each is a page of its own that is kept. */
  subjectOf?(parameters: URLSearchParams): string | null;
}

const pages: Readonly<Record<PageName, PageEntry>> = {
  start: {
    title: '',
    purpose: 'What this is, and where to begin.',
    load: () => import('./start/index.ts'),
  },
  kernels: {
    title: 'Kernels',
    purpose: 'Every kernel of the engine, to read, change, check and time.',
    load: () => import('./kernels/index.ts'),
    subjectOf: (parameters) => parameters.get('kernel'),
  },
  train: {
    title: 'Train live',
    purpose: 'A small network is trained in this page, and its features move before your eyes.',
    load: () => import('./train/index.ts'),
  },
  verify: {
    title: 'Verify',
    purpose: 'A trained network says which faces are the same person.',
    load: () => import('./verify/index.ts'),
  },
  device: {
    title: 'Device',
    purpose: 'What the adapter of this browser offers, and what it can do at most.',
    load: () => import('./device/index.ts'),
  },
};

/** What surrounds the pages: it follows the URL, keeps what was opened, and opens the GPU that the pages share. */
export class Frame {
  private readonly main: HTMLElement;
  private readonly device = new SharedDevice((reason) => this.tellLost(reason));
  private readonly kept = new Map<string, KeptPage>();
  /** What the URL of pages said that had to be let go, so that they come back as they were. */
  private readonly remembered = new Map<string, URLSearchParams>();
  private shown: KeptPage | null = null;

  constructor(main: HTMLElement) {
    this.main = main;
  }

  /** Shows the page of the URL, and from now on every page that the URL changes to. */
  start(): void {
    addEventListener('hashchange', () => {
      this.show();
      // The reader of the screen, and Tab, go on where the new content is.
      this.main.focus({ preventScroll: true });
    });
    addEventListener('beforeunload', (event) => {
      if ([...this.kept.values()].some(({ hasUnsavedWork }) => hasUnsavedWork)) event.preventDefault();
    });
    document.querySelector('.skip')?.addEventListener('click', (event) => {
      event.preventDefault(); // its hash is no page
      this.main.focus();
    });
    document.querySelector<HTMLElement>('.frame-nav')?.addEventListener('keydown', moveAlongNavigation);
    history.scrollRestoration = 'manual'; // each page keeps its own place
    // A file that misses its drop zone must not replace the page.
    for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());
    this.show();
  }

  private show(): void {
    const route = parseHash(location.hash);
    this.shown?.detach();
    this.shown = null;
    markNavigation(route?.page);
    if (!route) {
      document.title = 'No such page · normface';
      this.main.replaceChildren(noSuchPage(location.hash));
      scrollTo(0, 0);
      return;
    }
    const key = keyOf(route);
    const kept = this.kept.get(key);
    if (kept?.resume(route.parameters)) this.shown = kept;
    else {
      if (kept) this.drop(key, kept);
      this.shown = this.open(key, route);
    }
    this.shown.attach(this.main);
  }

  /** Makes a page, which is put into the document before it is ready. */
  private open(key: string, route: Route): KeptPage {
    const entry = pages[route.page];
    const before = this.remembered.get(key);
    const parameters = before && isPartOf(route.parameters, before) ? before : route.parameters;
    const opened = new KeptPage(
      { page: route.page, parameters },
      {
        title: entry.title,
        purpose: entry.purpose,
        openDevice: () => this.device.open(),
        explain: (error) => noGpuPanel(error as DeviceError, navigator, this.reopen),
      },
    );
    this.kept.set(key, opened);
    opened.open(entry.load).catch((error: Error) => {
      if (this.kept.get(key) !== opened) return;
      // It is tried again when the page is shown the next time.
      this.drop(key, opened);
      opened.fail(
        error,
        failurePanel(error, () => this.show()),
      );
    });
    return opened;
  }

  private drop(key: string, page: KeptPage): void {
    this.kept.delete(key);
    this.remembered.set(key, page.parameters);
    page.dispose();
  }

  private tellLost(reason: string): void {
    const pages = [...this.kept.values()];
    // A page that goes on asks for another device; the next one that is opened is that one.
    if (pages.some(({ outlivesDevice }) => outlivesDevice)) this.device.forget();
    for (const page of pages) page.deviceLost(() => lostPanel(reason, this.reopen));
  }

  /** Opens the GPU again, and with it the pages that use it. */
  private readonly reopen = (): void => {
    const isShared = [...this.kept.values()].some((page) => page.needsDevice && !page.isLost);
    if (!isShared) this.device.forget();
    for (const [key, page] of this.kept)
      if (page.isLost || (page.needsDevice && !isShared)) this.drop(key, page);
    this.show();
  };
}

function keyOf({ page, parameters }: Route): string {
  return `${page} ${pages[page].subjectOf?.(parameters) ?? ''}`;
}

function failurePanel(error: Error, retry: () => void): HTMLElement {
  const again = button('Try again', retry);
  return element(
    'section',
    { class: 'panel', role: 'alert' },
    element('h2', {}, 'This page could not be shown'),
    element('p', {}, error.message),
    again,
  );
}

function noSuchPage(hash: string): HTMLElement {
  const others = pageNames.slice(1);
  return element(
    'div',
    { class: 'page' },
    element(
      'div',
      { class: 'page-head' },
      element('h1', {}, 'There is no such page here'),
      element('p', { class: 'lead' }, 'Nothing is called ', element('code', {}, hash), '. These pages are:'),
    ),
    element(
      'ul',
      { class: 'page-list' },
      element('li', {}, element('a', { href: '#/' }, 'The front page'), ': what this is.'),
      ...others.map((name) => {
        const { title, purpose } = pages[name];
        return element('li', {}, element('a', { href: `#/${name}` }, title), `: ${purpose}`);
      }),
    ),
  );
}

function markNavigation(page: PageName | undefined): void {
  for (const name of pageNames) {
    const link = document.querySelector(`.frame-head [data-page=${name}]`);
    if (name === page) link?.setAttribute('aria-current', 'page');
    else link?.removeAttribute('aria-current');
  }
}

/** Left and right go along the links, as Tab does. */
function moveAlongNavigation(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...document.querySelectorAll<HTMLElement>('.frame-nav a')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  links[(at + step + links.length) % links.length]!.focus();
}
