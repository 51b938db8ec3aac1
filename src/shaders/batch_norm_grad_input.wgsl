// Gradient of batch normalisation with respect to its input. With batch statistics (@if(batch)), over R = ROWS rows,
//   dx = gamma·inverse_deviation·(dy − Σdy / R − x̂·Σ(dy·x̂) / R),
// and with running averages dx = gamma·inverse_deviation·dy.  (Ioffe & Szegedy 2015, section 3, rearranged)
//
// dy, dx, x          [ROWS, COLUMNS], the channel innermost
// inverse_deviation  [COLUMNS]
// gamma              [COLUMNS]
// offset             [COLUMNS]: mean − x[0, c]
// dgamma, dbeta      [COLUMNS]: Σ dy·x̂ and Σ dy
// One invocation a channel and strand of rows, lib/strand. With @if(vec4) channels go by vec4f and COLUMNS counts vectors.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> dy: array<Value>;
@group(0) @binding(1) var<storage, read> inverse_deviation: array<Value>;
@group(0) @binding(2) var<storage, read> gamma: array<Value>;
@group(0) @binding(3) var<storage, read_write> dx: array<Value>;
@if(batch) @group(0) @binding(4) var<storage, read> x: array<Value>;
@if(batch) @group(0) @binding(5) var<storage, read> offset: array<Value>;
@if(batch) @group(0) @binding(6) var<storage, read> dgamma: array<Value>;
@if(batch) @group(0) @binding(7) var<storage, read> dbeta: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  let channel = strand.column;
  let inverse = inverse_deviation[channel];
  let factor = gamma[channel] * inverse;
  @if(batch) let origin = x[channel];
  @if(batch) let mean = offset[channel];
  @if(batch) let mean_gradient = dbeta[channel] / f32(ROWS);
  @if(batch) let slope = inverse * dgamma[channel] / f32(ROWS);
  for (var row = strand.first; row < strand.end; row++) {
    let i = row * COLUMNS + channel;
    @if(batch) dx[i] = factor * (dy[i] - mean_gradient - ((x[i] - origin) - mean) * slope);
    @else dx[i] = factor * dy[i];
  }
}
