let recording = true;

/** Whether operators note in the graph what their results came from. */
export function isRecording(): boolean {
  return recording;
}

/** Runs `body` without building a graph: for inference, where nothing needs to be kept for a reverse pass. */
export function withoutGradients<T>(body: () => T): T {
  const previous = recording;
  recording = false;
  try {
    return body();
  } finally {
    recording = previous;
  }
}
