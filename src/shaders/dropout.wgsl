// Dropout with inverted scaling: y = SCALE·x where the element is kept, else 0. Also its gradient, with dy for x.
//
// x, y    SIZE elements each
// random  [seed, step]
// Element i of random operator STREAM is kept where the upper 24 bits of hash32(seed, step, STREAM, i) are at least THRESHOLD =
// rate·2²⁴. The backward pass draws the same bits again, so no mask is kept. One invocation an element.
import package::lib::linear::linear_index;
import package::lib::random::hash32;
import constants::{SIZE, WORKGROUP, STREAM, THRESHOLD, SCALE};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> random: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let keep = (hash32(random[0], random[1], STREAM, i) >> 8u) >= THRESHOLD;
  y[i] = select(0.0, SCALE * x[i], keep);
}
