// Batch normalisation: y = gamma·x̂ + beta, x̂ = (x − mean)·inverse_deviation.  (Ioffe & Szegedy 2015, algorithm 1)
//
// x, y               [ROWS, COLUMNS], the channel innermost
// offset             [COLUMNS]: the mean, with @if(batch) relative to row 0 of x: x − x[0] is exact where it matters, so the
//                    difference keeps its digits when the mean is large
// inverse_deviation  [COLUMNS]
// gamma, beta        [COLUMNS]
// One invocation a channel and strand of rows, lib/strand. With @if(vec4) channels go by vec4f and COLUMNS counts vectors.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> offset: array<Value>;
@group(0) @binding(2) var<storage, read> inverse_deviation: array<Value>;
@group(0) @binding(3) var<storage, read> gamma: array<Value>;
@group(0) @binding(4) var<storage, read> beta: array<Value>;
@group(0) @binding(5) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  let channel = strand.column;
  var origin = Value();
  @if(batch) { origin = x[channel]; }
  let mean = offset[channel];
  let factor = gamma[channel] * inverse_deviation[channel];
  let shift = beta[channel];
  for (var row = strand.first; row < strand.end; row++) {
    let i = row * COLUMNS + channel;
    y[i] = ((x[i] - origin) - mean) * factor + shift;
  }
}
