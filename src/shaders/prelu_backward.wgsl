// Both gradients of PReLU in one pass over x and dy:
//
//   dx[r, c] = dy[r, c] for x > 0, else slope[c]·dy[r, c]
//   partial[s, c] = Σ over the rows r = s, s + STRANDS, … of dy[r, c]·min(x[r, c], 0)
//
// x, dy, dx  [ROWS, COLUMNS], the channel innermost
// slope      [COLUMNS]
// partial    [STRANDS, COLUMNS]; sum_rows adds the strands in order, so the result does not depend on scheduling.
// One invocation a channel and strand, channels innermost: neighbours read neighbours at every step, the slope stays in a
// register. With @if(vec4) channels go by vec4f and COLUMNS counts vectors. @if(input), @if(slope): the gradients wanted.
import constants::{ROWS, COLUMNS, STRANDS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> dy: array<Value>;
@if(input) @group(0) @binding(2) var<storage, read> slope: array<Value>;
@if(input) @group(0) @binding(3) var<storage, read_write> dx: array<Value>;
@if(slope) @group(0) @binding(4) var<storage, read_write> partial: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = id.x / COLUMNS;
  if (strand >= STRANDS) { return; }
  @if(input) let factor = slope[id.x % COLUMNS];
  var sum = Value();
  for (var i = id.x; i < u32(ROWS * COLUMNS); i += u32(STRANDS * COLUMNS)) {
    let value = x[i];
    let gradient = dy[i];
    @if(input) dx[i] = select(factor * gradient, gradient, value > Value());
    sum += gradient * min(value, Value());
  }
  @if(slope) partial[id.x] = sum;
}
