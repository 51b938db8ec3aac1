import { bytesText, flopsText, grouped, shapeText, significant } from '../../common/format.ts';
import { type Needs, needsOf } from '../../inspector/kernels/estimate.ts';
import type { DispatchView } from '../../inspector/kernels/inspect.ts';
import { badge } from '../parts/badge.ts';
import { type Child, element } from '../parts/element.ts';
import { facts, table } from '../parts/table.ts';

/** What is known of a dispatch before it runs: its grid, needs and cost, and why it is as it is. */
export function factsView(view: DispatchView): HTMLElement {
  const { decisions, operator, mainloop, conditions, grid, needs, cost } = view;
  const intensity = cost.bytes > 0 ? `${significant(cost.flops / cost.bytes)} FLOP a byte` : 'moves no bytes';
  const entries: (readonly [string, Child])[] = [
    ['Operator', operator],
    ...(mainloop ? ([['Tiled mainloop', mainloop]] as const) : []),
    ...decisions.map(
      ({ operation, variant, reason }, i) =>
        [i === 0 ? 'Variant' : '', `${variant} for ${operation}: ${reason}`] as const,
    ),
    ['Workgroups', `${grid.map(grouped).join(' × ')} of ${needs.workgroupSize.join(' × ')} invocations`],
    ['Workgroup memory', withBadge(bytesText(needs.workgroupBytes), 'exact')],
    ['Registers', withBadge(`about ${grouped(needs.registers)} for an invocation`, 'modelled')],
    ['Arithmetic', withBadge(flopsText(cost.flops), 'exact')],
    ['Traffic', withBadge(`${bytesText(cost.bytes)} at least`, 'exact')],
    ['Intensity', intensity],
    ...(conditions.length > 0 ? ([['Conditions', conditions.join(', ')]] as const) : []),
  ];
  return facts(entries);
}

/** How the needs of an edited text differ from those of the default one; empty where they do not. */
export function needsChange(defaultNeeds: Needs, text: string): string {
  let now: Needs;
  try {
    now = needsOf(text);
  } catch {
    return ''; // a text that is being written can be nonsense, such as a constant that is defined by itself
  }
  const changes = [
    changeText('workgroup memory', bytesText(defaultNeeds.workgroupBytes), bytesText(now.workgroupBytes)),
    changeText('registers', grouped(defaultNeeds.registers), grouped(now.registers)),
    changeText('invocations', defaultNeeds.workgroupSize.join('×'), now.workgroupSize.join('×')),
  ].filter(Boolean);
  return changes.length > 0 ? `Edited: ${changes.join(', ')}` : '';
}

const changeText = (what: string, before: string, after: string): string =>
  before === after ? '' : `${what} ${before} → ${after}`;

function withBadge(text: string, provenance: Parameters<typeof badge>[0]): HTMLElement {
  return element('span', {}, `${text} `, badge(provenance));
}

/** The tensors of a dispatch. */
export function bindingsTable({ bindings }: DispatchView): HTMLElement {
  return table({
    caption: 'Bindings',
    columns: [
      { title: 'Binding' },
      { title: '#', numeric: true },
      { title: 'Access' },
      { title: 'Type' },
      { title: 'Shape', numeric: true },
      { title: 'Strides', numeric: true },
      { title: 'Size', numeric: true },
    ],
    rows: bindings.map(({ binding, name, writable, dtype, shape, strides, bytes }) => [
      element('code', {}, name),
      String(binding),
      writable ? 'read, write' : 'read',
      dtype,
      shapeText(shape),
      strides.join(', '),
      bytesText(bytes),
    ]),
  });
}

/** What is compiled in: those that may be chosen with their reasons, the others in one paragraph. */
export function constantsView({ constants }: DispatchView): HTMLElement[] {
  const chosen = constants.filter(({ why }) => why !== null);
  const given = constants.filter(({ why }) => why === null);
  const shown: HTMLElement[] = [element('h3', {}, 'Constants')];
  if (chosen.length > 0)
    shown.push(
      table({
        caption: 'Constants that may be chosen',
        columns: [{ title: 'Constant' }, { title: 'Value', numeric: true }, { title: 'Why' }],
        rows: chosen.map(({ name, value, why }) => [element('code', {}, name), String(value), why ?? '']),
      }),
    );
  if (given.length > 0)
    shown.push(
      element(
        'p',
        { class: 'kernel-given' },
        element(
          'span',
          { class: 'soft' },
          chosen.length > 0 ? 'The rest follows' : 'Each follows',
          ' from the case: ',
        ),
        ...given.map(({ name, value }) => element('code', {}, `${name} = ${value}`)),
      ),
    );
  return shown;
}
