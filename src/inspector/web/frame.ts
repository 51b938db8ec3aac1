import { DeviceError } from '../../engine/errors.ts';
import type { Mount, Page, PageContext } from './page.ts';
import { button, element } from './parts/element.ts';
import { formatHash, type PageName, pageNames, parseHash, type Route } from './routes.ts';
import { SharedDevice } from './shared-device.ts';
import { lostPanel, noGpuPanel } from './webgpu-help.ts';

const pages: Readonly<Record<PageName, { title: string; load: () => Promise<{ mount: Mount }> }>> = {
  kernels: { title: 'Kernels', load: () => import('./kernels/index.ts') },
  train: { title: 'Train live', load: () => import('./train/index.ts') },
  verify: { title: 'Verify', load: () => import('./verify/index.ts') },
  device: { title: 'Device', load: () => import('./device/index.ts') },
};

/** What surrounds the pages: it follows the URL, opens the GPU they share, and says so when there is none. */
export class Frame {
  private readonly main: HTMLElement;
  /** Where the frame says what is wrong with the GPU, above the page. */
  private readonly notice = element('div', { class: 'frame-notice', 'aria-live': 'polite' });
  private readonly device = new SharedDevice((reason) => this.showNotice(lostPanel(reason, this.reopen)));
  private leave: AbortController | null = null;
  private page: Page | null = null;

  constructor(main: HTMLElement) {
    this.main = main;
  }

  /** Shows the page of the URL, and from now on every page that the URL changes to. */
  start(): void {
    addEventListener('hashchange', () => {
      this.show();
      // The reader of the screen, and Tab, go on where the new content is.
      this.main.focus({ preventScroll: true });
      scrollTo(0, 0);
    });
    document.querySelector('.skip')?.addEventListener('click', (event) => {
      event.preventDefault(); // its hash is no page
      this.main.focus();
    });
    document.querySelector<HTMLElement>('.frame-nav')?.addEventListener('keydown', moveAlongNavigation);
    // A file that misses its drop zone must not replace the page.
    for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());
    this.show();
  }

  private readonly reopen = (): void => {
    this.device.forget();
    this.show();
  };

  private show(): void {
    this.leave?.abort();
    this.page?.dispose();
    this.page = null;
    this.notice.replaceChildren();
    const route = parseHash(location.hash);
    markNavigation(route?.page);
    document.title = route ? `${pages[route.page].title} · normface` : 'normface';
    const root = element('div', { class: 'page' });
    this.main.replaceChildren(this.notice, root);
    if (!route) {
      root.append(element('p', {}, 'There is no such page here; the four pages are linked above.'));
      return;
    }
    const leave = new AbortController();
    this.leave = leave;
    void this.mount(route, root, leave.signal);
  }

  private async mount(route: Route, root: HTMLElement, signal: AbortSignal): Promise<void> {
    try {
      const { mount } = await pages[route.page].load();
      if (signal.aborted) return;
      const page = await mount(root, this.contextOf(route, signal));
      if (signal.aborted) page.dispose();
      else this.page = page;
    } catch (error) {
      if (signal.aborted) return;
      root.replaceChildren();
      // Where there is no GPU, the notice says more than the error.
      if (error instanceof DeviceError && this.notice.hasChildNodes()) return;
      root.append(failurePanel(error as Error, () => this.show()));
    }
  }

  private contextOf(route: Route, signal: AbortSignal): PageContext {
    return {
      parameters: route.parameters,
      signal,
      replaceParameters: (parameters) => {
        if (!signal.aborted) history.replaceState(null, '', formatHash({ page: route.page, parameters }));
      },
      device: async () => {
        try {
          return await this.device.open();
        } catch (error) {
          const known = this.notice.hasChildNodes();
          if (!signal.aborted && !known)
            this.showNotice(noGpuPanel(error as DeviceError, navigator, this.reopen));
          throw error;
        }
      },
    };
  }

  private showNotice(panel: HTMLElement): void {
    this.notice.replaceChildren(panel);
  }
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

function markNavigation(page: PageName | undefined): void {
  for (const name of pageNames) {
    const link = document.querySelector(`.frame-nav [data-page=${name}]`);
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
  links[(at + step + links.length) % links.length].focus();
}
