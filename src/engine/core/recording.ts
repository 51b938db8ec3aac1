import { synchronous } from './synchronous.ts';

let recording = true;

/** Whether operators note in the graph what their results came from. */
export function isRecording(): boolean {
  return recording;
}

/**
 * Runs `body`, which must not be asynchronous, without building a graph: for inference, where nothing needs to be kept for a reverse
 * pass.
 *
 * @throws ArgumentError if `body` returns a promise
 */
export function withoutGradients<T>(body: () => T): T {
  const previous = recording;
  recording = false;
  try {
    return synchronous('withoutGradients', body());
  } finally {
    recording = previous;
  }
}
