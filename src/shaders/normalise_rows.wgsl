// L2 normalisation of rows: y_i = x_i / √(Σ x_i² + EPSILON), whatever their magnitude.  (NormFace section 3.1; ε inside the root)
//
// x, y  [ROWS, COLUMNS]; with @if(in_place) only y, which is read and overwritten
// Eight invocations a row: a row is read three times, all but the first from the cache.
import package::lib::row_norm::{row_factor, inverse_root};
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_max, row_sum};
import constants::{ROWS, COLUMNS, GRID_X};

@if(!in_place) @group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

fn value_at(i: u32) -> f32 {
  @if(in_place) return y[i];
  @else return x[i];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let first = min(row, ROWS - 1u) * COLUMNS;
  var largest = 0.0;
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) { largest = max(largest, abs(value_at(first + i))); }
  let factor = row_factor(row_max(largest, local));
  var squares = 0.0;
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) {
    let value = factor * value_at(first + i);
    squares += value * value;
  }
  let inverse = inverse_root(row_sum(squares, local), factor);
  if (row >= ROWS) { return; }
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) { y[first + i] = inverse * (factor * value_at(first + i)); }
}
