// x[i] = VALUE.
//
// x  SIZE elements
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, VALUE};

@group(0) @binding(0) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  x[i] = VALUE;
}
