// Concatenation of two arrays: every row of y is a row of a followed by a row of b.
//
// a  [rows, A]
// b  [rows, B]
// y  [rows, A + B], SIZE elements
// A row is the joined axis with everything behind it. One invocation an output: bandwidth bound.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, A, B};

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let row = i / (A + B);
  let column = i % (A + B);
  if (column < A) {
    y[i] = a[row * A + column];
  } else {
    y[i] = b[row * B + column - A];
  }
}
