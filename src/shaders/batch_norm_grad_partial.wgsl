// First half of the gradients of gamma and beta: sums over each strand of rows, lib/strand.
//
// x, dy              [ROWS, COLUMNS], the channel innermost
// offset             [COLUMNS]: the mean, with @if(batch) relative to row 0 of x
// inverse_deviation  [COLUMNS]
// partial_gamma      [STRANDS, COLUMNS]: Σ dy·x̂, x̂ = (x − mean)·inverse_deviation
// partial_beta       [STRANDS, COLUMNS]: Σ dy
// sum_rows adds the strands in order. With @if(vec4) channels go by vec4f and COLUMNS counts vectors.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@group(0) @binding(2) var<storage, read> offset: array<Value>;
@group(0) @binding(3) var<storage, read> inverse_deviation: array<Value>;
@group(0) @binding(4) var<storage, read_write> partial_gamma: array<Value>;
@group(0) @binding(5) var<storage, read_write> partial_beta: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  let channel = strand.column;
  var origin = Value();
  @if(batch) { origin = x[channel]; }
  let mean = offset[channel];
  var products = Value();
  var sum = Value();
  for (var row = strand.first; row < strand.end; row++) {
    let i = row * COLUMNS + channel;
    let gradient = dy[i];
    products += gradient * ((x[i] - origin) - mean);
    sum += gradient;
  }
  partial_gamma[id.x] = products * inverse_deviation[channel];
  partial_beta[id.x] = sum;
}
