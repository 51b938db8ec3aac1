// Gradient of max-feature-map: dy goes to the half that held the maximum, to the first one if both are equal; the other gets 0.
//
// x, dx  [rows, 2·CHANNELS], the channel innermost
// dy     [rows, CHANNELS], SIZE elements
// One invocation an output gradient, which writes both halves.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, CHANNELS};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let first = i + i / CHANNELS * CHANNELS;
  let second_wins = x[first + CHANNELS] > x[first];
  dx[first] = select(dy[i], 0.0, second_wins);
  dx[first + CHANNELS] = select(0.0, dy[i], second_wins);
}
