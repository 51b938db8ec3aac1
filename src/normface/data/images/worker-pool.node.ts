import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { scriptFile } from '../../../common/script-file.node.ts';
import type { Source } from '../dataset.ts';
import type { DecodeJob, DecodeProblem, DecodeReply } from './decode-worker.node.ts';
import type { ImageSize } from './image.ts';

/** An image that was decoded, though not all of it is as it was stored. */
export interface DamagedImage extends DecodeProblem {
  readonly kind: 'damaged';
  readonly pixels: Uint8Array;
}

/** RGBA pixels of one image (width · height · 4 bytes, alpha 255), with what is wrong with them, or why there are none. */
export type Decoded = Uint8Array | DamagedImage | (DecodeProblem & { readonly kind: 'unreadable' | 'size' });

interface PendingJob {
  readonly job: DecodeJob;
  readonly resolve: (decoded: Decoded[]) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly jobs: Map<number, PendingJob>;
}

/** A second job waits in each worker, so that none idles while the main thread is busy. */
const jobsPerWorker = 2;

/**
 * Threads that decode and render images. They start with the first job, keep the process alive only while a job is under way,
 * and end with `close()`.
 */
export class DecodePool {
  readonly #size: number;
  readonly #waiting: PendingJob[] = [];
  readonly #members: Member[] = [];
  #started = false;
  #stopped: Error | undefined;
  #nextId = 0;

  /** `workers`: number of threads; by default one per processor core, at most 8. */
  constructor(workers = Math.min(8, availableParallelism())) {
    this.#size = Math.max(1, workers);
  }

  /**
   * Decodes images to one size, in the given order. Images that cannot be decoded give a problem, they do not reject.
   * @param inspect which of them are also looked into for damage that decoding passes over; default: none
   */
  decode(
    sources: readonly Source[],
    size: ImageSize,
    resize: boolean,
    inspect: readonly boolean[] = [],
  ): Promise<Decoded[]> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      const job = { id: this.#nextId++, sources, width: size.width, height: size.height, resize, inspect };
      this.#waiting.push({ job, resolve, reject });
      if (this.#started) this.#dispatch();
      else this.#start();
    });
  }

  /** Ends the threads; jobs under way reject. */
  async close(): Promise<void> {
    await this.#stop(new Error('the image decoder is closed'));
  }

  #start(): void {
    this.#started = true;
    scriptFile('decode-worker', import.meta.url).then(
      (file) => {
        if (this.#stopped) return;
        for (let i = 0; i < this.#size; i++) this.#members.push(this.#startWorker(file));
        this.#dispatch();
      },
      (error: Error) => this.#stop(error),
    );
  }

  #startWorker(file: URL): Member {
    const worker = new Worker(file, { execArgv: [] });
    worker.unref();
    const member: Member = { worker, jobs: new Map() };
    worker.on('message', (reply: DecodeReply) => {
      const pending = member.jobs.get(reply.id)!;
      member.jobs.delete(reply.id);
      // A reply that comes while the thread is being ended must not let go of the process: nothing else would hold it until the
      // thread is gone, and it would end with status 13 (an unsettled top-level await).
      if (member.jobs.size === 0 && !this.#stopped) worker.unref();
      pending.resolve(decodedImages(pending.job, reply));
      this.#dispatch();
    });
    worker.on('error', (error) => this.#stop(new Error(`an image decoder thread failed: ${error.message}`)));
    worker.on('exit', () => this.#stop(new Error('an image decoder thread ended unexpectedly')));
    return member;
  }

  #dispatch(): void {
    for (let depth = 0; depth < jobsPerWorker; depth++) {
      for (const member of this.#members) {
        if (member.jobs.size > depth) continue;
        const pending = this.#waiting.shift();
        if (!pending) return;
        member.worker.ref();
        member.jobs.set(pending.job.id, pending);
        member.worker.postMessage(pending.job);
      }
    }
  }

  /** Ends all threads and rejects every job, now and later, with the first reason given. */
  async #stop(reason: Error): Promise<void> {
    this.#stopped ??= reason;
    const members = this.#members.splice(0);
    const pending = [...members.flatMap(({ jobs }) => [...jobs.values()]), ...this.#waiting.splice(0)];
    for (const { reject } of pending) reject(this.#stopped);
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }
}

function decodedImages(job: DecodeJob, reply: DecodeReply): Decoded[] {
  const bytes = job.width * job.height * 4;
  return reply.problems.map((problem, i): Decoded => {
    const pixels = reply.pixels.subarray(i * bytes, (i + 1) * bytes);
    if (!problem) return pixels;
    const { kind, reason } = problem;
    return kind === 'damaged' ? { kind, reason, pixels } : { kind, reason };
  });
}
