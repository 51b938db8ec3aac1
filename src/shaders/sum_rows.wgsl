// Column sums of a matrix: partial[s, c] = Σ over the rows r = s, s + STRANDS, … of x[r, c].
//
// x        [ROWS, COLUMNS]
// partial  [STRANDS, COLUMNS]; with one strand it is the result, else another call adds the strands in order.
// One invocation a column and strand, columns innermost: neighbours read neighbours at every step. With @if(vec4) the columns
// go by vec4f and COLUMNS counts vectors.
import constants::{ROWS, COLUMNS, STRANDS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> partial: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = id.x / COLUMNS;
  if (strand >= STRANDS) { return; }
  var sum = Value();
  for (var i = id.x; i < u32(ROWS * COLUMNS); i += u32(STRANDS * COLUMNS)) {
    sum += x[i];
  }
  partial[id.x] = sum;
}
