// x[i] = VALUE.
//
// x  SIZE elements; by vec4f with @if(vec4), and COUNT counts vectors
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, VALUE};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read_write> x: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { x[i] = Value(VALUE); }
  }
}
