// Max-feature-map: y[r, c] = max(x[r, c], x[r, CHANNELS + c]).  (Wu et al. 2018, "A Light CNN", equation 5)
//
// x  [rows, 2·CHANNELS], the channel innermost (NHWC)
// y  [rows, CHANNELS], SIZE elements
// One invocation an output: bandwidth bound, neighbours read neighbours in both halves.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, CHANNELS};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let first = i + i / CHANNELS * CHANNELS;
  y[i] = max(x[first], x[first + CHANNELS]);
}
