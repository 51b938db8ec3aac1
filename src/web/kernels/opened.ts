/** A kernel in a case as plain data: what the page shows before anything runs. */

import { UsageError, UserError } from '../../common/errors.ts';
import { ArgumentError, DeviceError } from '../../engine/core/errors.ts';
import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { FreeConstant } from '../../engine/tuning/settings.ts';
import { parseCase } from '../../inspector/kernels/case-text.ts';
import type { KernelEntry, KernelUse } from '../../inspector/kernels/catalogue.ts';
import type {
  DispatchView,
  KernelInspector,
  KernelRequest,
  KernelSession,
} from '../../inspector/kernels/inspect.ts';
import { casesToTry, caseTextOf } from '../../inspector/kernels/suggested-cases.ts';
import { familyOfKernel } from './catalogue-list.ts';
import type { KernelState } from './url-state.ts';

export interface OpenedKernel {
  readonly entry: KernelEntry;
  readonly operator: string;
  /** The case as the engine reads it, with all inputs and attributes. */
  readonly caseLabel: string;
  /** The case in words: `conv2d of 8×28×24×128, 3×3×128×128; stride 2`. */
  readonly meaning: string;
  /** The case as a person writes it; null where words do not tell it. */
  readonly caseText: string | null;
  /** Names of the variants that the case offers. */
  readonly variants: readonly string[];
  /** Constants of the kernel that may be chosen. */
  readonly free: readonly FreeConstant[];
  /** Dispatches of the kernel; at least one. */
  readonly views: readonly DispatchView[];
  /** The dispatch with most work. */
  readonly mostExpensive: DispatchView;
}

/** What to ask of the inspector for what is opened; an edit comes on top. */
export function requestOf(opened: OpenedKernel, { variant, constants }: KernelState): KernelRequest {
  const { entry, operator, caseText } = opened;
  return { kernel: entry.name, operator, caseText: caseText ?? undefined, variant, constants };
}

/**
 * Looks into a kernel. Where the state says no case, one of the size that nets have is tried before the operator's own.
 *
 * @throws what the inspector throws
 */
export function openKernel(inspector: KernelInspector, state: KernelState): OpenedKernel {
  const { kernel, operator: named, caseText: written, variant, constants } = state;
  const { session, caseText } =
    written === undefined
      ? openUsual(inspector, state)
      : {
          session: inspector.open({ kernel, operator: named, caseText: written, variant, constants }),
          caseText: written,
        };
  try {
    const { entry, operator, sample, recording } = session;
    const views = session.views();
    const compiled = new Set(views.flatMap((view) => view.constants.map(({ name }) => name)));
    return {
      entry,
      operator: operator.name,
      caseLabel: sample.label,
      meaning: meaningOf(operator.name, sample),
      caseText,
      variants: recording.variants,
      free: [...recording.free.values()].filter(({ name }) => compiled.has(name)),
      views,
      mostExpensive: views.find(({ index }) => index === session.mostExpensive)!,
    };
  } finally {
    session.dispose();
  }
}

function meaningOf(operator: string, { inputs, attributes }: BoundCase): string {
  const shapes = inputs.map(({ shape }) => shape.join('×') || 'a number').join(', ');
  const settings = Object.entries(attributes ?? {}).map(([name, value]) => `${name} ${wordsOf(value)}`);
  return [`${operator} of ${shapes}`, settings.join(', ')].filter(Boolean).join('; ');
}

function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(' ');
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, inner]) => `${name} ${wordsOf(inner)}`)
        .join(' ')
    : String(value);
}

/** The first case worth looking at that uses the kernel; else the operator's own. */
function openUsual(
  inspector: KernelInspector,
  { kernel, operator: named, variant, constants }: KernelState,
): { session: KernelSession; caseText: string | null } {
  const entry = inspector.entry(kernel);
  const chosen = entry.uses.find(({ operator }) => operator.name === named);
  const operator = named ?? usualUse(entry).operator.name;
  const own = { kernel, operator, variant, constants };
  for (const caseText of quickCases((chosen ?? usualUse(entry)).operator)) {
    try {
      return { session: inspector.open({ ...own, caseText }), caseText };
    } catch (error) {
      // The kernel is not made for this case, or the case is too large for the adapter.
      if (!(error instanceof UsageError || error instanceof ArgumentError || error instanceof DeviceError))
        throw error;
    }
  }
  const session = inspector.open(own);
  return { session, caseText: caseTextOf(session.operator, session.sample) };
}

/** The operator that one thinks of with a kernel: of its own kind of work, where there is one. */
function usualUse(entry: KernelEntry): KernelUse {
  return entry.uses.find(({ operator }) => operator.family === familyOfKernel(entry)) ?? entry.uses[0]!;
}

/** The first cases of an operator that also a processor does quickly; the later ones are small and odd on purpose. */
function quickCases(operator: Operator): string[] {
  return casesToTry(operator)
    .slice(0, 3)
    .filter((text) => {
      const { cost, inputs } = parseCase(operator, text);
      const elements = inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      return cost.flops <= 1e8 && elements <= 2e6;
    });
}

/** The dispatch that a state names, else the one with most work. */
export function shownDispatch(
  { views, mostExpensive }: OpenedKernel,
  index: number | undefined,
): DispatchView {
  return views.find((view) => view.index === index) ?? mostExpensive;
}

/** What an edited text stands for, and only that: its extents are compiled in. */
export function placeOf(opened: OpenedKernel, state: KernelState, index: number): string {
  const { entry, operator, caseLabel } = opened;
  const constants = Object.entries(state.constants).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([entry.name, operator, caseLabel, state.variant ?? '', constants, index]);
}

/** Reads the values of a sweep. @throws UserError unless they are positive whole numbers */
export function parseValues(text: string): string[] {
  const values = text.split(/[\s,;]+/).filter(Boolean);
  const wrong = values.find((value) => !/^[1-9]\d*$/.test(value));
  if (wrong !== undefined) throw new UserError(`"${wrong}" is no positive whole number`);
  if (values.length === 0) throw new UserError('write the values to try, such as 8, 16, 32');
  return [...new Set(values)];
}
