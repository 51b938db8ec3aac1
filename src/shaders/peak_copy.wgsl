// Most bytes a second: y = x, by vec4f, element-wise.
//
// x, y  [COUNT] vec4f
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS};

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { y[i] = x[i]; }
  }
}
