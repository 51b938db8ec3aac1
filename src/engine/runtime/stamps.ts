const bytesPerStamp = 8;

/** Passes that a query set has room for: two stamps each, of the 4,096 that WebGPU allows. */
const passesPerSet = 2048;

/** Timestamps before and after each of many passes of one command buffer. */
export class Stamps {
  private readonly passes: number;
  private readonly sets: readonly GPUQuerySet[];
  private readonly resolved: GPUBuffer;
  private readonly readable: GPUBuffer;

  /** The device must have the feature `timestamp-query`. */
  constructor(gpu: GPUDevice, passes: number) {
    this.passes = passes;
    this.sets = Array.from({ length: Math.ceil(passes / passesPerSet) }, (_, set) =>
      gpu.createQuerySet({
        type: 'timestamp',
        count: 2 * Math.min(passesPerSet, passes - set * passesPerSet),
      }),
    );
    const size = 2 * passes * bytesPerStamp;
    this.resolved = gpu.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    this.readable = gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  /** What makes a pass take its stamps. */
  around(pass: number): GPUComputePassDescriptor {
    const first = 2 * (pass % passesPerSet);
    return {
      timestampWrites: {
        querySet: this.sets[Math.floor(pass / passesPerSet)]!,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    };
  }

  /** After the last pass. */
  encodeRead(encoder: GPUCommandEncoder): void {
    this.sets.forEach((set, i) => {
      // A multiple of 256, as results must begin at.
      encoder.resolveQuerySet(set, 0, set.count, this.resolved, 2 * i * passesPerSet * bytesPerStamp);
    });
    encoder.copyBufferToBuffer(this.resolved, 0, this.readable, 0, this.readable.size);
  }

  /** Waits for the submitted commands. @returns microseconds of each pass */
  async read(): Promise<Float64Array> {
    const stamps = await this.readStamps();
    return Float64Array.from(
      { length: this.passes },
      (_, pass) => Number(stamps[2 * pass + 1]! - stamps[2 * pass]!) / 1000,
    );
  }

  /** Waits for the submitted commands. @returns begin and end of each pass, in nanoseconds of a clock of the GPU */
  async readStamps(): Promise<BigUint64Array> {
    try {
      await this.readable.mapAsync(GPUMapMode.READ);
      return new BigUint64Array(this.readable.getMappedRange().slice(0));
    } finally {
      this.readable.destroy();
      this.resolved.destroy();
      for (const set of this.sets) set.destroy();
    }
  }
}
