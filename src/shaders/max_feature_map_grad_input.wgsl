// Gradient of max-feature-map: dy goes to the part that held the maximum, to the first of equal ones; the others get 0.
//
// x, dx  [rows, PARTS·channels], the channel innermost
// dy     [rows, channels]
// Element-wise over dy, each of which decides all parts. With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import package::lib::nan::exceeds;
import constants::{COUNT, CHANNELS, PARTS, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;
@if(vec4) alias Place = vec4u;
@else alias Place = u32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      let first = i + i / CHANNELS * (CHANNELS * (PARTS - 1));
      var best = x[first];
      var winner = Place();
      for (var part = 1u; part < PARTS; part++) {
        let value = x[first + part * CHANNELS];
        let wins = exceeds(value, best);
        best = select(best, value, wins);
        winner = select(winner, Place(part), wins);
      }
      let gradient = dy[i];
      for (var part = 0u; part < PARTS; part++) {
        dx[first + part * CHANNELS] = select(Value(), gradient, winner == Place(part));
      }
    }
  }
}
