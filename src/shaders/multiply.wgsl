// Element-wise product y = a·b; with @if(scalar) b is one number for all elements.
//
// a, y  SIZE elements; b  SIZE elements or one
// Element-wise and bandwidth bound; by vec4f with @if(vec4), and COUNT counts vectors.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> a: array<Value>;
@if(scalar) @group(0) @binding(1) var<storage, read> b: array<f32>;
@else @group(0) @binding(1) var<storage, read> b: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      @if(scalar) y[i] = a[i] * b[0];
      @else y[i] = a[i] * b[i];
    }
  }
}
