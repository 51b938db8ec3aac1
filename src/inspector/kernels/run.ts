/** The loop of kernel research: a kernel on a case, checked and timed, alone, beside the shipped one, or with several settings. */

import type { Device } from '../../engine/device.ts';
import type { BoundCase, Operator } from '../../engine/operator.ts';
import { UsageError } from '../../normface/errors.ts';
import type { Roofline } from '../profile/bound.ts';
import { Stopwatch, type TimingOptions } from '../timing.ts';
import { type Check, checkRecording, LatestReference, type ReferenceCheck } from './check.ts';
import type { KernelInspector, KernelRequest, KernelSession } from './inspect.ts';
import { raceKernels, type Speed } from './measure.ts';
import type { Results } from './recording.ts';

export interface RunOptions extends TimingOptions {
  /** Whether results are checked; default true. */
  readonly check?: boolean;
  /** Whether the shipped kernel is timed beside a changed one. */
  readonly baseline?: boolean;
  /** Evaluates the reference of an operator elsewhere than on this thread, which it would block. */
  readonly reference?: (operator: Operator, sample: BoundCase, results: Results) => Check | Promise<Check>;
  /** Told what is done next. */
  readonly onStage?: (stage: RunStage) => void;
}

/** What a run does, one after the other. */
export type RunStage = 'checking' | 'timing';

export interface KernelRun {
  readonly check: Check | null;
  /** Of each of the kernel's dispatches in the case. */
  readonly speeds: readonly Speed[];
  /** Of the shipped kernel in the same race; null where it was not asked for. */
  readonly baseline: readonly Speed[] | null;
}

/** A request without what it changes. */
function shippedOf({ kernel, operator, caseText }: KernelRequest): KernelRequest {
  return { kernel, operator, caseText };
}

const changes = ({ source, grid, constants = {}, variant }: KernelRequest): boolean =>
  source !== undefined || grid !== undefined || variant !== undefined || Object.keys(constants).length > 0;

/** The same work by the shipped kernel, where the engine would take that kernel for it; else with the variant asked for. */
function openShipped(inspector: KernelInspector, request: KernelRequest): KernelSession {
  const shipped = shippedOf(request);
  return inspector.open(request.source === undefined ? shipped : { ...shipped, variant: request.variant });
}

/**
 * Checks and times a kernel.
 *
 * @throws what {@link KernelInspector.open} throws, and DeviceError if the kernel does not compile
 */
export async function runKernel(
  device: Device,
  inspector: KernelInspector,
  request: KernelRequest,
  roofline: Roofline,
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
    const needsShipped = wantsBaseline || (isChanged && options.check !== false);
    const shipped = needsShipped ? open(openShipped(inspector, request)) : null;
    options.onStage?.('checking');
    const expected = await shipped?.recording.results();
    const check = await prepare(session, options, expected);
    options.onStage?.('timing');
    const contestants = wantsBaseline ? [session, shipped!] : [session];
    const [speeds, baseline] = await raceKernels(new Stopwatch(device), contestants, roofline, options);
    return { check, speeds: speeds!, baseline: baseline ?? null };
  } finally {
    for (const session of sessions) session.dispose();
  }
}

/** Runs a session once, so that its memory holds real numbers, and checks what comes out unless that is not wanted. */
async function prepare(
  { operator, recording }: KernelSession,
  { check = true, reference, signal }: RunOptions,
  shipped: Results | null = null,
): Promise<Check | null> {
  if (!check) {
    await recording.results();
    return null;
  }
  const elsewhere: ReferenceCheck | undefined =
    reference && ((sample, results) => reference(operator, sample, results));
  const done = await checkRecording(recording, shipped, elsewhere);
  signal?.throwIfAborted();
  return done;
}

/** What the reference says is evaluated once for several versions of a case. */
function sharingReference(options: RunOptions): RunOptions {
  const latest = new LatestReference();
  return { ...options, reference: options.reference ?? latest.check.bind(latest) };
}

/** One version of a kernel in a race. */
export interface RacedVersion {
  readonly check: Check | null;
  readonly speeds: readonly Speed[];
}

/** Checks several versions of a kernel one after the other, then times them in one race. @throws as {@link runKernel} */
export async function raceVersions(
  device: Device,
  inspector: KernelInspector,
  requests: readonly KernelRequest[],
  roofline: Roofline,
  options: RunOptions = {},
): Promise<RacedVersion[]> {
  const sessions: KernelSession[] = [];
  try {
    const checks: (Check | null)[] = [];
    const sharing = sharingReference(options);
    options.onStage?.('checking');
    for (const request of requests) {
      const session = inspector.open(request);
      sessions.push(session);
      checks.push(await prepare(session, sharing));
    }
    options.onStage?.('timing');
    const speeds = await raceKernels(new Stopwatch(device), sessions, roofline, options);
    return checks.map((check, i) => ({ check, speeds: speeds[i]! }));
  } finally {
    for (const session of sessions) session.dispose();
  }
}

/** One value of a sweep: the speed of its dearest dispatch, or why there is none. */
export interface SweepRow {
  readonly value: string;
  readonly check: Check | null;
  readonly speed: Speed | null;
  readonly failure: string | null;
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

/** Runs a kernel with every value, and times those that run in one race. A value that fails says why and does not end the sweep. */
export async function sweepKernel(
  device: Device,
  inspector: KernelInspector,
  request: KernelRequest,
  sweep: Sweep,
  roofline: Roofline,
  options: RunOptions = {},
): Promise<SweepRow[]> {
  const values = sweep.values.length > 0 ? sweep.values : variantsWith(inspector, request);
  const sharing = sharingReference(options);
  const opened: {
    value: string;
    session: KernelSession | null;
    check: Check | null;
    failure: string | null;
  }[] = [];
  try {
    options.onStage?.('checking');
    for (const value of values) {
      const row = {
        value,
        session: null as KernelSession | null,
        check: null as Check | null,
        failure: null as string | null,
      };
      opened.push(row);
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
    const running = opened.filter(({ session }) => session !== null);
    options.onStage?.('timing');
    const speeds =
      running.length === 0
        ? []
        : await raceKernels(
            new Stopwatch(device),
            running.map(({ session }) => session!),
            roofline,
            options,
          );
    return opened.map(({ value, session, check, failure }) => {
      const mine = session ? speeds[running.findIndex((row) => row.session === session)]! : [];
      const speed = mine.find(({ index }) => index === session?.dearest) ?? null;
      return { value, check, speed, failure };
    });
  } finally {
    for (const { session } of opened) session?.dispose();
  }
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
      if (error instanceof UsageError) return false; // this variant does without the kernel
      throw error;
    }
  });
  if (using.length === 0) throw new UsageError(`${request.kernel} has no variants in this case`);
  return using;
}
