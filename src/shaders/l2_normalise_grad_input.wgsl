// Gradient of L2 normalisation y = x / r, r = √(Σ x² + EPSILON), row by row:
//
//   dx = (dy − y ⟨y, dy⟩) / r = u − x ⟨x, u⟩ / r²,   u = dy / r         (NormFace section 3.1; exact for any ε)
//
// x, dy, dx  [ROWS, COLUMNS]; with @if(scaled) dy holds u already
// Eight invocations a row: ⟨x, x⟩ and ⟨x, dy⟩ in one reading, dx in a second.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{ROWS, COLUMNS, EPSILON, GRID_X};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let first = min(row, ROWS - 1u) * COLUMNS;
  var squares = 0.0;
  var products = 0.0;
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) {
    let value = x[first + i];
    squares += value * value;
    products += value * dy[first + i];
  }
  let inverse = 1.0 / sqrt(row_sum(squares, local) + EPSILON);
  @if(scaled) let factor = 1.0;
  @else let factor = inverse;
  let projection = row_sum(products, local) * factor * inverse * inverse;
  if (row >= ROWS) { return; }
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) {
    dx[first + i] = factor * dy[first + i] - projection * x[first + i];
  }
}
