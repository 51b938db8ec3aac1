// Copy of consecutive columns: y[r, c] = x[r, START + c]. The gradient of a concatenation with respect to one of its parts.
//
// x  [rows, COLUMNS]
// y  [rows, KEPT]
// Element-wise over y and bandwidth bound; with @if(vec4) rows go by vec4f; COUNT, COLUMNS, KEPT and START count vectors.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, COLUMNS, KEPT, START};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { y[i] = x[i / KEPT * COLUMNS + START + i % KEPT]; }
  }
}
