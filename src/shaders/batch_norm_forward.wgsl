// Batch normalisation: y = gamma·x̂ + beta, x̂ = (x − mean)·inverse_deviation.  (Ioffe & Szegedy 2015, algorithm 1)
//
// x, y               [ROWS, CHANNELS], the channel innermost
// offset             [CHANNELS]: the mean, with @if(batch) relative to row 0 of x: x − x[0] is exact where it matters, so the
//                    difference keeps its digits when the mean is large
// inverse_deviation  [CHANNELS]
// gamma, beta        [CHANNELS]
// One invocation a channel of a block of ROWS_PER_BLOCK rows, SIZE = blocks·CHANNELS: what belongs to the channel is loaded once.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, ROWS, CHANNELS, ROWS_PER_BLOCK};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> offset: array<f32>;
@group(0) @binding(2) var<storage, read> inverse_deviation: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read> beta: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let channel = i % CHANNELS;
  let start = i / CHANNELS * ROWS_PER_BLOCK;
  var origin = 0.0;
  @if(batch) { origin = x[channel]; }
  let mean = offset[channel];
  let factor = gamma[channel] * inverse_deviation[channel];
  let shift = beta[channel];
  for (var row = start; row < min(start + ROWS_PER_BLOCK, ROWS); row++) {
    let place = row * CHANNELS + channel;
    y[place] = ((x[place] - origin) - mean) * factor + shift;
  }
}
