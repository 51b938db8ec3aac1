// Column sums of a matrix: partial[s, c] = Σ of x[r, c] over the rows r of strand s, lib/strand.
//
// x        [ROWS, COLUMNS]
// partial  [STRANDS, COLUMNS]; with one strand it is the result, else another call adds the strands in order.
// With @if(vec4) the columns go by vec4f and COLUMNS counts vectors.
import package::lib::strand::strand_of;
import constants::{ROWS, COLUMNS, WORKGROUP};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> partial: array<Value>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let strand = strand_of(id.x);
  if (strand.first >= ROWS) { return; }
  var sum = Value();
  for (var row = strand.first; row < strand.end; row++) {
    sum += x[row * COLUMNS + strand.column];
  }
  partial[id.x] = sum;
}
