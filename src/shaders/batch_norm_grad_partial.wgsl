// First half of the gradients of gamma and beta: sums over each chunk of rows.
//
// x, dy              [ROWS, CHANNELS], the channel innermost
// offset             [CHANNELS]: the mean, with @if(batch) relative to row 0 of x
// inverse_deviation  [CHANNELS]
// partial_gamma      [chunks, CHANNELS]: Σ dy·x̂, x̂ = (x − mean)·inverse_deviation
// partial_beta       [chunks, CHANNELS]: Σ dy
// sum_rows adds the chunks in order. One invocation a channel and chunk: the lanes of a subgroup read neighbouring channels.
import constants::{ROWS, CHANNELS, ROWS_PER_CHUNK, WORKGROUP};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> offset: array<f32>;
@group(0) @binding(3) var<storage, read> inverse_deviation: array<f32>;
@group(0) @binding(4) var<storage, read_write> partial_gamma: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial_beta: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let chunk = id.y;
  if (channel >= CHANNELS) { return; }
  let end = min((chunk + 1u) * ROWS_PER_CHUNK, ROWS);
  var origin = 0.0;
  @if(batch) { origin = x[channel]; }
  let mean = offset[channel];
  var products = 0.0;
  var sum = 0.0;
  for (var row = chunk * ROWS_PER_CHUNK; row < end; row++) {
    let place = row * CHANNELS + channel;
    products += dy[place] * ((x[place] - origin) - mean);
    sum += dy[place];
  }
  partial_gamma[chunk * CHANNELS + channel] = products * inverse_deviation[channel];
  partial_beta[chunk * CHANNELS + channel] = sum;
}
