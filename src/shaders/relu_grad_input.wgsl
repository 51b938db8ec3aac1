// Gradient of ReLU: dx = dy where y > 0, else 0.
//
// y, dy, dx  as many elements each
// The sign of the output says as much as that of the input, so the input need not be kept.
// Element-wise and bandwidth bound; by vec4f with @if(vec4), and COUNT counts vectors.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> y: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { dx[i] = select(Value(), dy[i], y[i] > Value()); }
  }
}
