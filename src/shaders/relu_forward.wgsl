// ReLU: y = max(x, 0).
//
// x, y  SIZE elements each
// One invocation an element: bandwidth bound.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let value = x[i];
  y[i] = select(value, 0.0, value <= 0.0); // a NaN stays one
}
