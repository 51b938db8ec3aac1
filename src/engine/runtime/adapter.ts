/** One shape of a subgroup's matrix unit, of Dawn's `chromium-experimental-subgroup-matrix`. */
export interface MatrixUnit {
  /** `f32`, `f16`, `u8` … */
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** What is known of an adapter, for logs, environment files and variant selection. */
export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  /** The driver and its version, as far as the implementation tells. */
  readonly description: string;
  readonly software: boolean;
  /** Smallest and largest subgroup size; [0, 0] where subgroups are not offered. */
  readonly subgroupSize: readonly [number, number];
  /** Shapes and types that the adapter's matrix units multiply: left [M, K], right [K, N]. */
  readonly subgroupMatrix: readonly MatrixUnit[];
  readonly features: readonly string[];
  readonly limits: {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxStorageBuffersPerShaderStage: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
    readonly maxComputeWorkgroupsPerDimension: number;
  };
}

type InfoWithMatrixUnits = GPUAdapterInfo & { readonly subgroupMatrixConfigs?: Iterable<MatrixUnit> };

/** What is known of an adapter. @param adapter with the features and limits that a device of it is to have */
export function reportAdapter({
  info,
  limits,
  ...adapter
}: Pick<GPUAdapter, 'info'> & {
  readonly features: ReadonlySet<string>;
  readonly limits: AdapterReport['limits'];
}): AdapterReport {
  const features = [...adapter.features].sort();
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
    software: info.isFallbackAdapter || /llvmpipe|swiftshader|lavapipe|software|warp/i.test(text),
    subgroupSize: features.includes('subgroups') ? [info.subgroupMinSize, info.subgroupMaxSize] : [0, 0],
    subgroupMatrix: features.includes('chromium-experimental-subgroup-matrix')
      ? [...((info as InfoWithMatrixUnits).subgroupMatrixConfigs ?? [])].map(
          ({ componentType, resultComponentType, M, N, K }) => ({
            componentType,
            resultComponentType,
            M,
            N,
            K,
          }),
        )
      : [],
    features,
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
  };
}

/** One or two lines for people: name, driver, kind, subgroup size, features that matter here. */
export function describeAdapter(report: AdapterReport): string {
  const [least, most] = report.subgroupSize;
  const subgroups = most === 0 ? 'none' : least === most ? String(least) : `${least}–${most}`;
  const features = ['shader-f16', 'subgroups', 'timestamp-query'].filter((name) =>
    report.features.includes(name),
  );
  const name = [report.vendor, report.architecture, report.device].filter(Boolean).join(' ');
  return (
    `adapter ${name || 'unknown'} · ${report.software ? 'software' : 'hardware'} · driver ${report.description || 'unknown'}\n` +
    `        subgroup size ${subgroups} · features ${features.join(', ') || 'none'}`
  );
}
