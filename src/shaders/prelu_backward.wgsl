// All gradients of PReLU, and of a bias added before it, in one pass over x and dy:
//
//   dx[r, c] = dy[r, c] for x > 0, else slope[c]·dy[r, c], or slope[0]·dy[r, c] with @if(shared)
//   partial[s, c] = Σ of dy[r, c]·min(x[r, c], 0) over the rows r of strand s, lib/strand
//   partial_bias[s, c] = Σ of dx[r, c] over the same rows
//
// x, dy, dx  [ROWS, COLUMNS], the channel innermost
// slope      [COLUMNS], or one number with @if(shared)
// partial, partial_bias  [STRANDS, COLUMNS]; sum_rows adds the strands in order, so the result does not depend on scheduling.
// With @if(vec4) channels go by vec4f and COLUMNS counts vectors. @if(input), @if(slope), @if(bias):
// the gradients wanted.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@if((input || bias) && shared)  @group(0) @binding(2) var<storage, read> slope: array<f32>;
@if((input || bias) && !shared) @group(0) @binding(2) var<storage, read> slope: array<Value>;
@if(input) @group(0) @binding(3) var<storage, read_write> dx: array<Value>;
@if(slope) @group(0) @binding(4) var<storage, read_write> partial: array<Value>;
@if(bias)  @group(0) @binding(5) var<storage, read_write> partial_bias: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  @if((input || bias) && shared)  let factor = Value(slope[0]);
  @if((input || bias) && !shared) let factor = slope[strand.column];
  var sum = Value();
  @if(bias) var sum_bias = Value();
  for (var row = strand.first; row < strand.end; row++) {
    let i = row * COLUMNS + strand.column;
    let value = x[i];
    let gradient = dy[i];
    @if(input || bias) let through = select(factor * gradient, gradient, value > Value());
    @if(input) dx[i] = through;
    @if(bias) sum_bias += through;
    sum += gradient * select(value, Value(), value > Value()); // a NaN stays one
  }
  @if(slope) partial[id.x] = sum;
  @if(bias) partial_bias[id.x] = sum_bias;
}
