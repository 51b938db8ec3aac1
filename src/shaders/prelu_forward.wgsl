// PReLU: y = x for x > 0, else slope[c]·x, or slope[0]·x with @if(shared), one slope for all channels.
// (He et al. 2015, arXiv 1502.01852, equation 1)
//
// x, y   [ROWS, COLUMNS], the channel innermost (NHWC)
// slope  [COLUMNS], or one number with @if(shared)
// Bandwidth bound: one invocation a channel and strand of rows, lib/strand, so that the slope is loaded once and not with every
// element. With @if(vec4) channels go by vec4f and COLUMNS counts vectors.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@if(shared)  @group(0) @binding(1) var<storage, read> slope: array<f32>;
@if(!shared) @group(0) @binding(1) var<storage, read> slope: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  @if(shared)  let factor = Value(slope[0]);
  @if(!shared) let factor = slope[strand.column];
  for (var row = strand.first; row < strand.end; row++) {
    let i = row * COLUMNS + strand.column;
    let value = x[i];
    y[i] = select(factor * value, value, value > Value());
  }
}
