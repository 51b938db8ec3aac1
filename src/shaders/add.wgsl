// Element-wise sum: y = ALPHA·a + BETA·b.
//
// a, b, y  SIZE elements each
// One invocation an element: bandwidth bound.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, ALPHA, BETA};

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  y[i] = ALPHA * a[i] + BETA * b[i];
}
