// Adds a contribution to a gradient, or starts it: sum = x, or sum += x with @if(add).
//
// x, sum  SIZE elements each
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> sum: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      @if(add) sum[i] += x[i];
      @else sum[i] = x[i];
    }
  }
}
