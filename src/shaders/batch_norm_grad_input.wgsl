// Gradient of batch normalisation with respect to its input. With batch statistics, over R = ROWS rows,
//   dx = gamma·inverse_deviation·(dy − Σdy / R − x̂·Σ(dy·x̂) / R),
// and with running averages dx = gamma·inverse_deviation·dy.  (Ioffe & Szegedy 2015, section 3, rearranged)
//
// dy, dx             [ROWS, CHANNELS], the channel innermost; x too
// inverse_deviation  [CHANNELS]
// gamma              [CHANNELS]
// offset             [CHANNELS]: mean − x[0, c]
// dgamma, dbeta      [CHANNELS]: Σ dy·x̂ and Σ dy
// One invocation a channel of a block of ROWS_PER_BLOCK rows, SIZE = blocks·CHANNELS.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, ROWS, CHANNELS, ROWS_PER_BLOCK};

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> inverse_deviation: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@if(batch) @group(0) @binding(4) var<storage, read> x: array<f32>;
@if(batch) @group(0) @binding(5) var<storage, read> offset: array<f32>;
@if(batch) @group(0) @binding(6) var<storage, read> dgamma: array<f32>;
@if(batch) @group(0) @binding(7) var<storage, read> dbeta: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let channel = i % CHANNELS;
  let start = i / CHANNELS * ROWS_PER_BLOCK;
  let end = min(start + ROWS_PER_BLOCK, ROWS);
  let inverse = inverse_deviation[channel];
  let factor = gamma[channel] * inverse;
  @if(batch) {
    let origin = x[channel];
    let mean = offset[channel];
    let mean_gradient = dbeta[channel] / f32(ROWS);
    let slope = inverse * dgamma[channel] / f32(ROWS);
    for (var row = start; row < end; row++) {
      let place = row * CHANNELS + channel;
      dx[place] = factor * (dy[place] - mean_gradient - ((x[place] - origin) - mean) * slope);
    }
  }
  @else {
    for (var row = start; row < end; row++) {
      let place = row * CHANNELS + channel;
      dx[place] = factor * dy[place];
    }
  }
}
