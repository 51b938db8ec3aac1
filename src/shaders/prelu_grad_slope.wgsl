// First half of the slope gradient of PReLU: partial[chunk, c] = Σ over the rows r of a chunk of dy[r,c]·min(x[r,c], 0).
//
// x, dy    [ROWS, CHANNELS]
// partial  [chunks, CHANNELS]; sum_rows adds the chunks in order, so the result does not depend on scheduling.
// One invocation a channel and chunk: the lanes of a subgroup read neighbouring channels of one row.
import constants::{ROWS, CHANNELS, ROWS_PER_CHUNK, WORKGROUP};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let chunk = id.y;
  if (channel >= CHANNELS) { return; }
  let end = min((chunk + 1u) * ROWS_PER_CHUNK, ROWS);
  var sum = 0.0;
  for (var row = chunk * ROWS_PER_CHUNK; row < end; row++) {
    let i = row * CHANNELS + channel;
    sum += dy[i] * min(x[i], 0.0);
  }
  partial[chunk * CHANNELS + channel] = sum;
}
