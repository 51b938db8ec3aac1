// Copy of consecutive columns: y[r, c] = x[r, START + c]. The gradient of a concatenation with respect to one of its parts.
//
// x  [rows, COLUMNS]
// y  [rows, KEPT], SIZE elements
// One invocation an output: bandwidth bound.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, COLUMNS, KEPT, START};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  y[i] = x[i / KEPT * COLUMNS + START + i % KEPT];
}
