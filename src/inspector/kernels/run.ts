/** The loop of kernel research: a kernel on a case, checked and timed, alone, beside the default one, or with several settings. */

import { UsageError } from '../../common/errors.ts';
import type { PairedRatio } from '../../common/paired-ratio.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { type Check, isRight } from '../../engine/testing/check.ts';
import { MissingVariantError } from '../../engine/testing/recording.ts';
import type { Roofline } from '../profile/bound.ts';
import type { KnownPeaks } from '../timing/peaks.ts';
import {
  type Entrant,
  prepare,
  type RunOptions,
  raceOfRight,
  sharingReference,
  timesAsFast,
  timing,
} from './contest.ts';
import type { KernelInspector, KernelRequest, KernelSession } from './inspect.ts';
import type { Speed } from './measure.ts';

export interface KernelRun {
  readonly check: Check | null;
  /** Of each of the kernel's dispatches in the case; null of a wrong kernel, which is not timed. */
  readonly speeds: readonly Speed[] | null;
  /** Of the default kernel in the same race; null where it was not asked for. */
  readonly baseline: readonly Speed[] | null;
  /** How many times as fast as the default kernel each dispatch is; null without a baseline. */
  readonly ratios: readonly (PairedRatio | null)[] | null;
  /** null where nothing was timed. */
  readonly roofline: Roofline | null;
}

/** A request without what it changes. */
function withoutChanges({ kernel, operator, caseText }: KernelRequest): KernelRequest {
  return { kernel, operator, caseText };
}

const changes = ({ source, grid, constants = {}, variant }: KernelRequest): boolean =>
  source !== undefined || grid !== undefined || variant !== undefined || Object.keys(constants).length > 0;

/** The same work by the default kernel, where the engine would take that kernel for it; else with the variant asked for. */
function openDefault(inspector: KernelInspector, request: KernelRequest): KernelSession {
  const unchanged = withoutChanges(request);
  return inspector.open(
    request.source === undefined ? unchanged : { ...unchanged, variant: request.variant },
  );
}

/**
 * Checks a kernel, and times it if it is right.
 *
 * @throws what {@link KernelInspector.open} throws, and DeviceError if the kernel does not compile
 */
export async function runKernel(
  device: Device,
  inspector: KernelInspector,
  request: KernelRequest,
  peaks: KnownPeaks,
  options: RunOptions = {},
): Promise<KernelRun> {
  const sessions: KernelSession[] = [];
  const open = (session: KernelSession): KernelSession => {
    sessions.push(session);
    return session;
  };
  try {
    const session = open(inspector.open(request));
    const isChanged = changes(request);
    const wantsBaseline = options.baseline === true;
    if (wantsBaseline && !isChanged)
      throw new UsageError('a baseline is for a changed kernel; give --file, --set or --variant as well');
    const needsDefault = wantsBaseline || (isChanged && options.check !== false);
    const defaultSession = needsDefault ? open(openDefault(inspector, request)) : null;
    options.onStage?.('checking', 0, 1);
    const expected = await defaultSession?.recording.results();
    const check = await prepare(session, options, expected);
    options.onStage?.('checking', 1, 1);
    if (!isRight(check)) return { check, speeds: null, baseline: null, ratios: null, roofline: null };
    const contestants = wantsBaseline ? [session, defaultSession!] : [session];
    const { speeds, roofline } = await timing(device, contestants, peaks, options);
    const [own, baseline = null] = speeds as [readonly Speed[], (readonly Speed[])?];
    const ratios = baseline && own.map((speed, i) => (baseline[i] ? timesAsFast(speed, baseline[i]) : null));
    return { check, speeds: own, baseline, ratios, roofline };
  } finally {
    for (const session of sessions) session.dispose();
  }
}

/** One version of a kernel in a race. */
export interface RacedVersion {
  readonly check: Check | null;
  /** null of a wrong version, which is not timed. */
  readonly speeds: readonly Speed[] | null;
}

export interface VersionRace {
  readonly versions: readonly RacedVersion[];
  /** null where nothing was timed. */
  readonly roofline: Roofline | null;
}

/** Checks several versions of a kernel one after the other, then times those that are right in one race. @throws as {@link runKernel} */
export async function raceVersions(
  device: Device,
  inspector: KernelInspector,
  requests: readonly KernelRequest[],
  peaks: KnownPeaks,
  options: RunOptions = {},
): Promise<VersionRace> {
  const entrants: Entrant[] = [];
  try {
    const sharing = sharingReference(options);
    for (const [i, request] of requests.entries()) {
      options.onStage?.('checking', i, requests.length);
      const session = inspector.open(request);
      const entrant: Entrant = { session, check: null };
      entrants.push(entrant);
      entrant.check = await prepare(session, sharing);
    }
    options.onStage?.('checking', requests.length, requests.length);
    const { speedsOf, roofline } = await raceOfRight(device, entrants, peaks, options);
    const versions = entrants.map((entrant) => ({ check: entrant.check, speeds: speedsOf(entrant) }));
    return { versions, roofline };
  } finally {
    for (const { session } of entrants) session?.dispose();
  }
}

/** One value of a sweep: the speed of its most expensive dispatch, or why there is none. */
export interface SweepRow {
  readonly value: string;
  readonly check: Check | null;
  /** null of a value that cannot run, and of a wrong one, which is not timed. */
  readonly speed: Speed | null;
  readonly failure: string | null;
  /**
   * How many times as fast it is as the value with the least median; null of that one, and without a speed. The intervals of all pairs
   * hold together with 95 %, since the fastest is picked by the same times.
   */
  readonly toFastest: PairedRatio | null;
}

export interface SweepResult {
  readonly rows: readonly SweepRow[];
  /** Pairs of values that were timed: what the intervals allow for. */
  readonly comparisons: number;
  /** null where nothing was timed. */
  readonly roofline: Roofline | null;
}

/** A constant, or `variant`, and the values to try; for `variant` none means all that the case offers. */
export interface Sweep {
  readonly name: string;
  readonly values: readonly string[];
}

/** Reads `TILE_ROWS=16,32,64` or `variant=subgroup 32×32,workgroup 64×64` or `variant=all`. @throws UsageError */
export function parseSweep(text: string): Sweep {
  const name = text.slice(0, text.indexOf('='));
  const values = text
    .slice(name.length + 1)
    .split(',')
    .map((value) => value.trim())
    .filter(Boolean);
  if (!name || values.length === 0)
    throw new UsageError(`the sweep "${text}" is not like WORKGROUP=8,16,32 or variant=all`);
  if (name === 'variant') return { name, values: values.includes('all') ? [] : values };
  for (const value of values) readConstant(name, value);
  return { name, values };
}

/** @throws UsageError unless it is a positive whole number */
export function readConstant(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${name}=${text}: give a positive whole number`);
  return value;
}

/**
 * Runs a kernel with every value, and times those that are right in one race. A value that fails says why and does not end the sweep.
 */
export async function sweepKernel(
  device: Device,
  inspector: KernelInspector,
  request: KernelRequest,
  sweep: Sweep,
  peaks: KnownPeaks,
  options: RunOptions = {},
): Promise<SweepResult> {
  const values = sweep.values.length > 0 ? sweep.values : variantsWith(inspector, request);
  const sharing = sharingReference(options);
  const entrants: (Entrant & { readonly value: string; failure: string | null })[] = [];
  try {
    for (const [i, value] of values.entries()) {
      options.onStage?.('checking', i, values.length);
      const row: (typeof entrants)[number] = { value, session: null, check: null, failure: null };
      entrants.push(row);
      try {
        row.session = inspector.open(
          sweep.name === 'variant'
            ? { ...request, variant: value }
            : {
                ...request,
                constants: { ...request.constants, [sweep.name]: readConstant(sweep.name, value) },
              },
        );
        row.check = await prepare(row.session, sharing);
      } catch (error) {
        options.signal?.throwIfAborted();
        // A constant that does not exist fails for all values alike.
        if (error instanceof UsageError && sweep.name !== 'variant') throw error;
        row.failure = (error as Error).message;
        row.session?.dispose();
        row.session = null;
      }
    }
    options.onStage?.('checking', values.length, values.length);
    const { speedsOf, roofline } = await raceOfRight(device, entrants, peaks, options);
    const rows = entrants.map((entrant) => {
      const speed = speedsOf(entrant)?.find(({ index }) => index === entrant.session!.mostExpensive) ?? null;
      return { value: entrant.value, check: entrant.check, failure: entrant.failure, speed };
    });
    return { ...comparedWithFastest(rows), roofline };
  } finally {
    for (const { session } of entrants) session?.dispose();
  }
}

/** Compares every value that was timed with the one of least median. */
export function comparedWithFastest(
  rows: readonly Omit<SweepRow, 'toFastest'>[],
): Pick<SweepResult, 'rows' | 'comparisons'> {
  const speeds = rows.flatMap(({ speed }) => speed ?? []);
  const comparisons = Math.max(1, (speeds.length * (speeds.length - 1)) / 2);
  const fastest = speeds.reduce<Speed | null>((a, b) => (a && a.median <= b.median ? a : b), null);
  return {
    comparisons,
    rows: rows.map((row) => {
      const { speed } = row;
      const toFastest = speed && speed !== fastest ? timesAsFast(speed, fastest!, comparisons) : null;
      return { ...row, toFastest };
    }),
  };
}

/** Variants of the case that use the kernel. */
function variantsWith(inspector: KernelInspector, request: KernelRequest): string[] {
  const session = inspector.open(request);
  const { variants } = session.recording;
  session.dispose();
  const using = variants.filter((variant) => {
    try {
      inspector.open({ ...request, variant }).dispose();
      return true;
    } catch (error) {
      // This variant does without the kernel, or is offered inside of another variant only.
      if (error instanceof UsageError || error instanceof MissingVariantError) return false;
      throw error;
    }
  });
  if (using.length === 0) throw new UsageError(`${request.kernel} has no variants in this case`);
  return using;
}
