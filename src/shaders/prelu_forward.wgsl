// PReLU with one slope a channel: y = x for x > 0, else slope[c]·x.  (He et al. 2015, equation 1)
//
// x, y   [rows, CHANNELS], the channel innermost (NHWC)
// slope  [CHANNELS]
// One invocation an element: bandwidth bound, neighbours read neighbours.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, CHANNELS};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> slope: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let value = x[i];
  y[i] = select(slope[i % CHANNELS] * value, value, value > 0.0);
}
