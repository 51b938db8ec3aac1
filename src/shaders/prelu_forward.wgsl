// PReLU with one slope a channel: y = x for x > 0, else slope[c]·x.  (He et al. 2015, equation 1)
//
// x, y   [rows, channels], the channel innermost (NHWC)
// slope  [channels]
// Element-wise and bandwidth bound. With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import constants::{COUNT, CHANNELS, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> slope: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      let value = x[i];
      y[i] = select(slope[i % CHANNELS] * value, value, value > Value());
    }
  }
}
