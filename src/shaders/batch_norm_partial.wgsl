// First half of the batch statistics: mean and summed squared deviation of each chunk of rows, a channel at a time.
//
// x                [ROWS, CHANNELS], the channel innermost
// partial_mean     [chunks, CHANNELS]: mean of x[r, c] − x[0, c] over the rows r of a chunk
// partial_squares  [chunks, CHANNELS]: Σ (x[r, c] − mean of the chunk)²
// Everything is relative to the first row of the channel, so a mean that is large against the deviation costs no digits. Within
// a chunk, deviations are taken from its first row: M₂ = Σd² − (Σd)²/n. As that row is one of the n, (Σd)²/n ≤ n·M₂, so the
// difference loses at most a factor n + 1 of precision, whatever the data.
// One invocation a channel and chunk: the lanes of a subgroup read neighbouring channels of one row.
import constants::{ROWS, CHANNELS, ROWS_PER_CHUNK, WORKGROUP};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial_mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial_squares: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let chunk = id.y;
  if (channel >= CHANNELS) { return; }
  let start = chunk * ROWS_PER_CHUNK;
  let end = min(start + ROWS_PER_CHUNK, ROWS);
  let first = x[start * CHANNELS + channel];
  var sum = 0.0;
  var squares = 0.0;
  for (var row = start + 1u; row < end; row++) {
    let deviation = x[row * CHANNELS + channel] - first;
    sum += deviation;
    squares += deviation * deviation;
  }
  let count = f32(end - start);
  partial_mean[chunk * CHANNELS + channel] = (first - x[channel]) + sum / count;
  partial_squares[chunk * CHANNELS + channel] = max(squares - sum * sum / count, 0.0);
}
