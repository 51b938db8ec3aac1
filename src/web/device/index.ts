/** The page Device: what the adapter is, what it offers, and what it can do at most. */

import { DeviceError } from '../../engine/core/errors.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { requestedLimits, usableFeatures } from '../../engine/runtime/capabilities.ts';
import type { Roofline } from '../../inspector/profile/bound.ts';
import type { Mount } from '../page.ts';
import { badge } from '../parts/badge.ts';
import { copyButton } from '../parts/copy.ts';
import { type Child, element } from '../parts/element.ts';
import { facts, table } from '../parts/table.ts';
import { collectFacts, type DeviceFacts, formatLimit, kindOf, nameOf, subgroupsOf } from './facts.ts';
import { peakPanel } from './peak.ts';

/** What the engine does with a feature. */
const uses: Readonly<Record<string, string>> = {
  subgroups:
    'Lanes hand values to each other without memory: sums, and the fastest products on software drivers',
  'subgroup-size-control':
    'Kernels choose the number of lanes in a subgroup: matrix products whose sums would not fit into registers',
  'shader-f16': 'Operands of half the size, where they are asked for',
  'timestamp-query': 'Kernels are timed on the device instead of with the clock of the page',
  'chromium-experimental-subgroup-matrix': 'Products on matrix units, with operands in f16',
};

export const mount: Mount = async (root, { device: openDevice, signal }) => {
  const head = element(
    'div',
    { class: 'page-head' },
    element('h1', {}, 'Device'),
    element(
      'p',
      { class: 'lead' },
      'The adapter that this browser offers, and what the engine can use of it.',
    ),
  );
  root.append(head);
  let device: Device;
  try {
    device = await openDevice();
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    root.append(
      element(
        'p',
        { class: 'soft' },
        'With an adapter this page shows its name and driver, the features and limits that kernels depend on, and its measured peak of arithmetic and memory traffic.',
      ),
    );
    return { dispose() {} };
  }
  const found = await collectFacts(device);
  if (signal.aborted) return { dispose() {} };
  let roofline: Roofline | undefined;
  const copy = copyButton('Copy as JSON', () => JSON.stringify({ ...found, roofline }, null, 2));
  root.append(
    element(
      'div',
      { class: 'columns' },
      adapterPanel(found, copy),
      peakPanel(device, signal, (measured) => {
        roofline = measured;
      }),
    ),
    featuresPanel(found),
    limitsPanel(found),
  );
  return { dispose() {} };
};

function adapterPanel(found: DeviceFacts, copy: HTMLElement): HTMLElement {
  const { report } = found;
  const units = report.subgroupMatrix.map(
    ({ componentType, resultComponentType, M, N, K }) =>
      `${M}×${N}×${K} ${componentType} → ${resultComponentType}`,
  );
  return element(
    'section',
    { class: 'panel', 'aria-label': 'Adapter' },
    element('div', { class: 'panel-head' }, element('h2', {}, 'Adapter'), copy),
    facts([
      ['Name', nameOf(report)],
      ['Driver', report.description || 'not told by this browser'],
      ['Kind', kindOf(report)],
      ['Subgroup size', subgroupsOf(report)],
      ['Matrix units', units.length > 0 ? units.join(', ') : 'none offered'],
    ]),
  );
}

function featuresPanel({ report, opened }: DeviceFacts): HTMLElement {
  const others = report.features.filter((name) => !(usableFeatures as readonly string[]).includes(name));
  const rows = usableFeatures.map((name) => {
    const here = report.features.includes(name);
    const mark = element('span', { class: here ? 'yes' : 'no' }, here ? 'yes' : 'no');
    return [
      element(
        'span',
        { class: 'feature' },
        element('code', {}, name),
        element('span', { class: 'soft small' }, uses[name] ?? ''),
      ),
      mark,
      opened.features.includes(name) ? 'in use' : '',
    ];
  });
  return element(
    'section',
    { class: 'panel', 'aria-label': 'Features' },
    element('h2', {}, 'Features that matter'),
    table({
      caption: 'Features that the engine can use',
      columns: [{ title: 'Feature' }, { title: 'Offered' }, { title: 'Engine' }],
      rows,
    }),
    element(
      'details',
      { class: 'small' },
      element('summary', {}, `${others.length} more features, which computing does not need`),
      element(
        'p',
        { class: 'soft feature-list' },
        ...others.flatMap((name) => [element('code', {}, name), ' ']),
      ),
    ),
  );
}

function limitsPanel(found: DeviceFacts): HTMLElement {
  const names = Object.keys(found.limits);
  const asked = names.filter((name) => (requestedLimits as readonly string[]).includes(name));
  const others = names.filter((name) => !asked.includes(name));
  return element(
    'section',
    { class: 'panel limits', 'aria-label': 'Limits' },
    element('div', { class: 'panel-head' }, element('h2', {}, 'Limits'), badge('exact')),
    element(
      'p',
      { class: 'soft' },
      'A device has the defaults of the standard unless more is asked for. Of these the engine asks for all that the adapter offers.',
    ),
    limitsTable('Limits that the engine asks for', asked, found),
    element(
      'details',
      {},
      element('summary', {}, `${others.length} more, which stay at their defaults`),
      limitsTable('Other limits', others, found),
    ),
  );
}

function limitsTable(
  caption: string,
  names: readonly string[],
  { limits, opened }: DeviceFacts,
): HTMLElement {
  return table({
    caption,
    columns: [{ title: 'Limit' }, { title: 'Adapter', numeric: true }, { title: 'Device', numeric: true }],
    rows: names.map((name) => [
      element('code', {}, ...breakable(name)),
      formatLimit(name, limits[name]),
      formatLimit(name, opened.limits[name]),
    ]),
  });
}

/** A name in camel case that may go on in the next line where a word begins. */
function breakable(name: string): Child[] {
  return name.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word) => [element('wbr'), word]);
}
