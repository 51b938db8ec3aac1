/** What the page shows, as the parameters of its URL. */

/** Everything that a link to a kernel says. */
export interface KernelState {
  readonly kernel: string;
  readonly operator?: string | undefined;
  /** As in the terminal: `8x28x24x128 3x3 128`. */
  readonly caseText?: string | undefined;
  readonly variant?: string | undefined;
  /** Free constants by hand. */
  readonly constants: Readonly<Record<string, number>>;
  /** Number of the dispatch that is shown, in its recorded step. */
  readonly dispatch?: number | undefined;
  /** Workgroups of the edited text. */
  readonly grid?: Grid | undefined;
  /** The edited text of that dispatch, as `packText` packs it. */
  readonly packed?: string | undefined;
}

export type Grid = readonly [number, number, number];

/** Parameters of constants begin with this. */
const constantPrefix = 'set.';

/** null where the URL names no kernel. What makes no sense in it is left out. */
export function readState(parameters: URLSearchParams): KernelState | null {
  const text = (name: string): string | undefined => parameters.get(name) || undefined;
  const kernel = text('kernel');
  if (!kernel) return null;
  const constants: Record<string, number> = {};
  for (const [name, value] of parameters) {
    if (!name.startsWith(constantPrefix)) continue;
    const number = Number(value);
    if (isCount(number)) constants[name.slice(constantPrefix.length)] = number;
  }
  const dispatch = Number(text('dispatch') ?? Number.NaN);
  return {
    kernel,
    operator: text('operator'),
    caseText: text('case'),
    variant: text('variant'),
    constants,
    dispatch: Number.isSafeInteger(dispatch) && dispatch >= 0 ? dispatch : undefined,
    grid: parseGrid(text('grid') ?? '') ?? undefined,
    packed: text('text'),
  };
}

/** The parameters that {@link readState} reads. */
export function writeState(state: KernelState): URLSearchParams {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  };
  put('kernel', state.kernel);
  put('operator', state.operator);
  put('case', state.caseText);
  put('variant', state.variant);
  for (const [name, value] of Object.entries(state.constants)) put(constantPrefix + name, value);
  put('dispatch', state.dispatch);
  put('grid', state.grid && gridText(state.grid));
  put('text', state.packed);
  return parameters;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

/** Reads `16x8x1`, `16 × 8`, `16`; null for anything else. */
export function parseGrid(text: string): Grid | null {
  const [x = 0, y = 1, z = 1, ...rest] = text
    .trim()
    .split(/\s*[x×,]\s*/)
    .map(Number);
  return rest.length === 0 && [x, y, z].every(isCount) ? [x, y, z] : null;
}

/** `16x8x1` */
export const gridText = (grid: readonly number[]): string => grid.join('x');
