// Column sums of a matrix: partial[chunk, c] = Σ over the rows r of a chunk of x[r, c].
//
// x        [ROWS, COLUMNS]
// partial  [chunks, COLUMNS]; with one chunk it is the result, else a second call adds the chunks in order.
// One invocation a column and chunk: the lanes of a subgroup read neighbouring columns of one row.
import constants::{ROWS, COLUMNS, ROWS_PER_CHUNK, WORKGROUP};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  let chunk = id.y;
  if (column >= COLUMNS) { return; }
  let end = min((chunk + 1u) * ROWS_PER_CHUNK, ROWS);
  var sum = 0.0;
  for (var row = chunk * ROWS_PER_CHUNK; row < end; row++) {
    sum += x[row * COLUMNS + column];
  }
  partial[chunk * COLUMNS + column] = sum;
}
