/** What instructions a compiled kernel is made of, read off the assembly of Mesa's drivers. */

/** Whose instructions they are: of Intel's execution units, or of AMD's compute units. */
export type InstructionSet = 'intel' | 'amd';

export type InstructionKind = 'fma' | 'memory' | 'barrier' | 'other';

/** Numbers of instructions as they stand in the text, however often they run. */
export type InstructionMix = Readonly<Record<InstructionKind, number>>;

/** The mix of a kernel, and that of its innermost loop. */
export interface AssemblyFacts {
  readonly mix: InstructionMix;
  /** Of the loops that hold no other loop the one with most multiply-adds, and of those the shortest; null where there is none. */
  readonly loop: InstructionMix | null;
}

export const instructionCount = ({ fma, memory, barrier, other }: InstructionMix): number =>
  fma + memory + barrier + other;

/** A line of assembly that matters. */
type Line =
  | { readonly label: string }
  /** A dual instruction of RDNA3 is two kinds. */
  | { readonly kinds: readonly InstructionKind[]; readonly target: string | null };

/** Reads the assembly of one kernel. */
export function assemblyFacts(assembly: string, set: InstructionSet): AssemblyFacts {
  const lines = set === 'intel' ? intelLines(assembly) : amdLines(assembly);
  const loops = innermost(loopsOf(lines)).map(([first, last]) => mixOf(lines.slice(first, last + 1)));
  const [loop = null] = loops.sort((a, b) => b.fma - a.fma || instructionCount(a) - instructionCount(b));
  return { mix: mixOf(lines), loop };
}

function mixOf(lines: readonly Line[]): InstructionMix {
  const mix = { fma: 0, memory: 0, barrier: 0, other: 0 };
  for (const line of lines) {
    if ('kinds' in line) for (const kind of line.kinds) mix[kind]++;
  }
  return mix;
}

/** First and last line of each loop: a branch to a label before it, as far as the last such branch. */
function loopsOf(lines: readonly Line[]): [number, number][] {
  const labels = new Map<string, number>();
  const ends = new Map<number, number>();
  lines.forEach((line, i) => {
    if ('label' in line) labels.set(line.label, i);
    else if (line.target !== null && labels.has(line.target)) ends.set(labels.get(line.target)!, i);
  });
  return [...ends];
}

const innermost = (loops: readonly [number, number][]): [number, number][] =>
  loops.filter(([first, last]) => !loops.some(([start, end]) => start > first && end <= last));

/**
 * RDNA and GCN as LLVM prints them: `BB3:`, `s_cbranch_scc0 BB3`, and instructions whose unit is the beginning of their name (AMD, "RDNA3
 * Instruction Set Architecture Reference Guide"). `v_dual_fmac_f32 … :: v_dual_mul_f32 …` is two.
 */
function amdLines(assembly: string): Line[] {
  const lines = assembly.split('\n');
  // Instructions that do nothing, before a loop, so that it begins where the cache likes it.
  const isPadding = (following: string): boolean => following.trim().startsWith('(then repeated');
  return lines.flatMap((text, i): Line[] => {
    const label = /^(BB\d+):/.exec(text)?.[1];
    if (label !== undefined) return [{ label }];
    const [code = ''] = text.split(';');
    const names = code.split('::').flatMap((part) => /^\s*([a-z]\w+)/.exec(part)?.[1] ?? []);
    if (names.length === 0 || !/^\s/.test(text) || isPadding(lines[i + 1] ?? '')) return [];
    const target = /^\s*s_c?branch\w*\s+(BB\d+)/.exec(code)?.[1] ?? null;
    return [{ kinds: names.map(amdKind), target }];
  });
}

function amdKind(name: string): InstructionKind {
  if (
    /^v_(dual_|pk_)?(fma|fmac|fmaak|fmamk|mad|mac|madak|madmk|dot\d\w*?|wmma)_(mix\w*_)?(f16|f32|f64|bf16)/.test(
      name,
    )
  )
    return 'fma';
  // Shuffles pass through the unit of workgroup memory, but read none.
  if (/^ds_\w*(permute|swizzle)/.test(name)) return 'other';
  if (/^(ds|buffer|tbuffer|global|flat|scratch|image)_/.test(name) || /^s_(buffer_)?(load|store)/.test(name))
    return 'memory';
  return name.startsWith('s_barrier') ? 'barrier' : 'other';
}

/**
 * Intel's execution units as Mesa prints them: `LABEL3:`, `while(16) JIP: LABEL3`, `mad(16) g1<1>F …`; what a `send` is for stands in the
 * line after it. A barrier is a fence, a message to the gateway, and a wait for its answer, of which the last counts.
 */
function intelLines(assembly: string): Line[] {
  const lines = assembly.split('\n');
  return lines.flatMap((text, i): Line[] => {
    const label = /^(LABEL\d+):/.exec(text)?.[1];
    if (label !== undefined) return [{ label }];
    const [, name, rest = ''] =
      /^(?:\([^)]*\)\s*)?([a-z]\w*(?:\.[\w.]+)?(?: (?:nop|bar|allrd|allwr))?)\(\d+\)(.*)$/.exec(text) ?? [];
    // What only waits for another instruction's registers costs little and hides the others.
    if (name === undefined || name === 'sync nop') return [];
    const target = name === 'while' ? (/JIP:\s*(LABEL\d+)/.exec(rest)?.[1] ?? null) : null;
    return [{ kinds: [intelKind(name, rest, lines[i + 1] ?? '')], target }];
  });
}

function intelKind(name: string, operands: string, message: string): InstructionKind {
  const [operation] = name.split('.');
  if (operation === 'dpas') return 'fma';
  if (operation === 'mad' || operation === 'mac')
    return /^\s*\S+<\d+>(F|HF|BF|DF)\b/.test(operands) ? 'fma' : 'other';
  if (name === 'sync bar') return 'barrier';
  if (!operation!.startsWith('send')) return 'other';
  return /fence|gateway|thread_spawner/.test(message) ? 'other' : 'memory';
}
