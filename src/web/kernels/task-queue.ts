/** The GPU's work of the page: one task at a time, so that no time is taken while something else runs. */
export class TaskQueue {
  private current: AbortController | null = null;
  private tail: Promise<unknown> = Promise.resolve();

  /** Whether a task runs or waits. */
  get busy(): boolean {
    return this.current !== null;
  }

  /**
   * Asks the running task to stop, waits until it has, and runs this one. A task that is followed by another one before it began
   * is never begun.
   *
   * @returns what the task returned
   * @throws what it threw; an AbortError where it was stopped
   */
  run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.stop();
    const mine = new AbortController();
    this.current = mine;
    const result = this.tail.then(async () => {
      try {
        mine.signal.throwIfAborted();
        return await task(mine.signal);
      } finally {
        if (this.current === mine) this.current = null;
      }
    });
    this.tail = result.catch(() => {}); // the caller who asked for it is told
    return result;
  }

  /** Asks the running task to stop. */
  stop(): void {
    this.current?.abort();
  }
}

/** Whether an error only says that a task was stopped. */
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';
