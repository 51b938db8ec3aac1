// Dropout with inverted scaling: y = SCALE·x where the element is kept, else 0. Also its gradient, with dy for x.
//
// x, y    COUNT elements each
// random  [seed, step]
// Element i of random operator STREAM is kept where the upper 24 bits of hash32(seed, step, STREAM, i) are at least THRESHOLD =
// rate·2²⁴. The backward pass draws the same bits again, so no mask is kept. Element-wise; the hash dominates.
import package::lib::elements::element;
import package::lib::random::hash32;
import constants::{COUNT, WORKGROUP, STEPS, STREAM, THRESHOLD, SCALE};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> random: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let seed = random[0];
  let training_step = random[1];
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      let keep = (hash32(seed, training_step, STREAM, i) >> 8u) >= THRESHOLD;
      y[i] = select(0.0, SCALE * x[i], keep);
    }
  }
}
