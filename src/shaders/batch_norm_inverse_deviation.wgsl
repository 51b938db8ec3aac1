// inverse_deviation[c] = 1/√(variance[c] + EPSILON), for normalisation with running averages.
//
// variance, inverse_deviation  [COUNT], vectors with @if(vec4)
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, EPSILON};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> variance: array<Value>;
@group(0) @binding(1) var<storage, read_write> inverse_deviation: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { inverse_deviation[i] = 1.0 / sqrt(variance[i] + EPSILON); }
  }
}
