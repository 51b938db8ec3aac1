// y = FACTOR·x, element by element.
//
// x, y  SIZE elements each
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, FACTOR};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      y[i] = FACTOR * x[i];
    }
  }
}
