/** What can be known of a device without measuring, and how to say it. */

import type { Device } from '../../engine/core/tensor.ts';
import type { AdapterReport } from '../../engine/runtime/adapter.ts';
import { formatBytes, formatCount } from '../parts/format.ts';

/** Limits by name. */
export type Limits = Readonly<Record<string, number>>;

export interface DeviceFacts {
  readonly report: AdapterReport;
  /** All limits of the adapter; those of the open device where the browser offers the adapter no second time. */
  readonly limits: Limits;
  /** What the device was opened with. */
  readonly opened: { readonly features: readonly string[]; readonly limits: Limits };
  readonly languageFeatures: readonly string[];
  readonly userAgent: string;
}

/** Asks the browser for all of it. */
export async function collectFacts({ gpu, report }: Device): Promise<DeviceFacts> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  return {
    report,
    limits: limitsOf(adapter?.limits ?? gpu.limits),
    opened: { features: [...gpu.features].sort(), limits: limitsOf(gpu.limits) },
    languageFeatures: [...navigator.gpu.wgslLanguageFeatures].sort(),
    userAgent: navigator.userAgent,
  };
}

/** Limits are accessors of the prototype, which only `for in` finds. */
function limitsOf(supported: GPUSupportedLimits): Limits {
  const limits: Record<string, number> = {};
  for (const name in supported) {
    const value: unknown = supported[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') limits[name] = value;
  }
  return limits;
}

/** Sizes in bytes as such, everything else as a count. */
export function formatLimit(name: string, value: number | undefined): string {
  if (value === undefined) return '';
  const isBytes = /(BufferSize|BindingSize|StorageSize)$/.test(name);
  return isBytes ? formatBytes(value) : formatCount(value);
}

export function nameOf({ vendor, architecture, device }: AdapterReport): string {
  return [vendor, architecture, device].filter(Boolean).join(' ') || 'not told by this browser';
}

export function kindOf({ software }: AdapterReport): string {
  return software ? 'a software driver: it computes on the processor' : 'a GPU';
}

export function subgroupsOf({ subgroupSize: [least, most] }: AdapterReport): string {
  if (most === 0) return 'no subgroups';
  return least === most ? String(least) : `${least} to ${most}`;
}
