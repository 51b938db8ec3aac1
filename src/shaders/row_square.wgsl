// square_i = Σ x_i² of every row.
//
// x       [ROWS, COLUMNS]
// square  [ROWS]
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{ROWS, COLUMNS, GRID_X};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> square: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let first = min(row, ROWS - 1u) * COLUMNS;
  var squares = 0.0;
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) {
    let value = x[first + i];
    squares += value * value;
  }
  let sum = row_sum(squares, local);
  if (row < ROWS && local % row_lanes == 0u) { square[row] = sum; }
}
