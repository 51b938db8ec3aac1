// Element-wise product y = a·b; with @if(scalar) b is one number for all elements.
//
// a, y  SIZE elements; b  SIZE elements or one
// One invocation an element: bandwidth bound.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP};

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  @if(scalar) y[i] = a[i] * b[0];
  @else y[i] = a[i] * b[i];
}
