/** What to do where there is no WebGPU, or where it went away. */

import type { DeviceError } from '../engine/core/errors.ts';
import { button, element } from './parts/element.ts';

export type BrowserFamily = 'chromium' | 'firefox' | 'safari' | 'other';

/** Tells browsers apart by their user agent. All of them on iOS are Safari's engine. */
export function browserOf(userAgent: string): BrowserFamily {
  if (/iPhone|iPad/.test(userAgent)) return 'safari';
  if (/Firefox\//.test(userAgent)) return 'firefox';
  if (/Chrome\/|Chromium\//.test(userAgent)) return 'chromium';
  return /Safari\//.test(userAgent) ? 'safari' : 'other';
}

const flags = '--enable-unsafe-webgpu --enable-features=Vulkan';

type Content = (Node | string)[];

/** What to do in each browser; the one in use comes first and open. */
const advice: readonly { family: BrowserFamily; name: string; points: () => Content[] }[] = [
  {
    family: 'chromium',
    name: 'Chrome, Edge and other Chromium browsers',
    points: () => [
      [
        'Windows, macOS, ChromeOS: version 113 or newer; Android: 121. If it is, turn on “Use graphics acceleration when available” in the settings; ',
        code('chrome://gpu'),
        ' says more.',
      ],
      [
        'Linux: by itself only with Intel graphics of generation 12 (since 144) and NVIDIA’s driver (since 147). Otherwise close every window and start it with ',
        code(flags),
        ', or turn on ',
        code('chrome://flags/#enable-unsafe-webgpu'),
        ' and ',
        code('chrome://flags/#enable-vulkan'),
        '.',
      ],
      [
        'Without any GPU, ',
        code('--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader'),
        ' computes on the processor.',
      ],
    ],
  },
  {
    family: 'firefox',
    name: 'Firefox',
    points: () => [
      ['Windows: version 141 or newer; Macs with Apple silicon: 145.'],
      [
        'Elsewhere: set ',
        code('dom.webgpu.enabled'),
        ' to true in ',
        code('about:config'),
        ', or use Firefox Nightly.',
      ],
    ],
  },
  {
    family: 'safari',
    name: 'Safari',
    points: () => [
      ['Version 26 or newer, which comes with macOS 26, iOS 26 and iPadOS 26.'],
      ['In an older one, WebGPU may be among the feature flags of the Develop menu.'],
    ],
  },
];

/**
 * The panel for a GPU that cannot be opened.
 * @param retry tries again
 */
export function noGpuPanel(
  error: DeviceError,
  { userAgent }: { readonly userAgent: string },
  retry: () => void,
): HTMLElement {
  const browser = browserOf(userAgent);
  const own = advice.filter(({ family }) => family === browser);
  const others = advice.filter(({ family }) => family !== browser);
  return element(
    'section',
    { class: 'panel notice', 'data-notice': 'no-gpu' },
    element('h2', {}, 'WebGPU is needed here'),
    element(
      'p',
      {},
      sentence(error.message),
      ' Without it you can still read the ',
      element('a', { href: '#/kernels' }, 'source of every kernel'),
      '.',
    ),
    isSecureContext
      ? ''
      : element(
          'p',
          {},
          'Browsers offer WebGPU only to pages loaded over https or from localhost; this one was not.',
        ),
    ...own.flatMap(({ name, points }) => [element('h3', {}, name), list(points())]),
    ...others.map(({ name, points }) => element('details', {}, element('summary', {}, name), list(points()))),
    button('Try again', retry),
  );
}

/** The panel for a device that was lost. @param reopen opens a new one and shows the page again */
export function lostPanel(reason: string, reopen: () => void): HTMLElement {
  return element(
    'section',
    { class: 'panel notice', 'data-notice': 'lost' },
    element('h2', {}, 'The GPU device was lost'),
    element('p', {}, `${sentence(reason)} What this page had on the GPU is gone.`),
    button('Open it again', reopen, { class: 'button primary' }),
  );
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

function list(points: Content[]): HTMLElement {
  return element('ul', {}, ...points.map((point) => element('li', {}, ...point)));
}

function code(text: string): HTMLElement {
  return element('code', {}, text);
}
