import type { Device } from '../../engine/core/tensor.ts';
import type { Roofline } from '../../inspector/profile/bound.ts';
import { Peaks } from '../../inspector/timing/peaks.ts';
import { badge } from '../parts/badge.ts';
import { button, element } from '../parts/element.ts';
import { formatSignificant } from '../parts/format.ts';
import { StatusLine } from '../parts/status.ts';

/** The panel that measures the most arithmetic and the most memory traffic a second. */
export function peakPanel(
  device: Device,
  signal: AbortSignal,
  onMeasured: (roofline: Roofline) => void,
): HTMLElement {
  const flops = element('span', { class: 'figure-value' }, '–');
  const bytes = element('span', { class: 'figure-value' }, '–');
  const status = new StatusLine();
  status.say(
    'Best of six runs of a kernel that only multiplies and adds, and of one that only copies; of several measurements the better one.',
  );

  const measure = button(
    'Measure',
    async () => {
      measure.disabled = true;
      status.busy('measuring');
      try {
        const roofline = await Peaks.of(device).measureAgain();
        if (signal.aborted) return;
        flops.textContent = `${roofline.atLeast ? 'at least ' : ''}${formatSignificant(roofline.gflops)}`;
        bytes.textContent = formatSignificant(roofline.gigabytesPerSecond);
        const balance = roofline.gflops / roofline.gigabytesPerSecond;
        status.say(
          `Kernels with fewer than ${formatSignificant(balance, 2)} operations a byte wait for memory, the others for arithmetic.`,
        );
        onMeasured(roofline);
      } catch (error) {
        if (!signal.aborted) status.fail(error);
      }
      measure.disabled = false;
      measure.textContent = 'Measure again';
    },
    { class: 'button primary' },
  );
  return element(
    'section',
    { class: 'panel', 'aria-label': 'Measured peak' },
    element('div', { class: 'panel-head' }, element('h2', {}, 'Measured peak'), badge('measured')),
    element(
      'div',
      { class: 'peak-figures' },
      element(
        'div',
        { class: 'figure' },
        element('span', { class: 'soft' }, 'Arithmetic, f32'),
        element('span', {}, flops, element('span', { class: 'figure-unit' }, ' GFLOP/s')),
      ),
      element(
        'div',
        { class: 'figure' },
        element('span', { class: 'soft' }, 'Memory, read and written'),
        element('span', {}, bytes, element('span', { class: 'figure-unit' }, ' GB/s')),
      ),
    ),
    status.element,
    measure,
  );
}
