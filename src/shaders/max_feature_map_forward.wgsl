// Max-feature-map: y[r, c] = max of x[r, p·channels + c] over the parts 0 ≤ p < PARTS. A NaN passes through.
// (PARTS = 2: Wu et al. 2018, "A Light CNN", equation 5; more: maxout, Goodfellow et al. 2013, arXiv 1302.4389)
//
// x  [rows, PARTS·channels], the channel innermost (NHWC)
// y  [rows, channels]
// Element-wise over y and bandwidth bound. With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import package::lib::nan::exceeds;
import constants::{COUNT, CHANNELS, PARTS, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      let first = i + i / CHANNELS * (CHANNELS * (PARTS - 1));
      var best = x[first];
      for (var part = 1u; part < PARTS; part++) {
        let value = x[first + part * CHANNELS];
        best = select(best, value, exceeds(value, best));
      }
      y[i] = best;
    }
  }
}
