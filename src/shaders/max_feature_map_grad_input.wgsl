// Gradient of max-feature-map: dy goes to the half that held the maximum, to the first one if both are equal; the other gets 0.
//
// x, dx  [rows, 2·channels], the channel innermost
// dy     [rows, channels]
// Element-wise over dy, each of which decides both halves. With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import constants::{COUNT, CHANNELS, WORKGROUP, STEPS};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read_write> dx: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) {
      let first = i + i / CHANNELS * CHANNELS;
      let second_wins = x[first + CHANNELS] > x[first];
      dx[first] = select(dy[i], Value(), second_wins);
      dx[first + CHANNELS] = select(Value(), dy[i], second_wins);
    }
  }
}
