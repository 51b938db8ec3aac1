// Concatenation of two arrays: every row of y is a row of a followed by a row of b.
//
// a  [rows, A]
// b  [rows, B]
// y  [rows, A + B]
// A row is the joined axis with everything behind it. Element-wise over y and bandwidth bound; with @if(vec4) rows go by vec4f;
// COUNT, A and B count vectors.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, A, B};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> a: array<Value>;
@group(0) @binding(1) var<storage, read> b: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      let row = i / (A + B);
      let column = i % (A + B);
      if (column < A) {
        y[i] = a[row * A + column];
      } else {
        y[i] = b[row * B + column - A];
      }
    }
  }
}
