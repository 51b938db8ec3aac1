// Gradient of L2 normalisation y = x / r, r = √(Σ x² + EPSILON), row by row, whatever the magnitude of x:
//
//   dx = (dy − y ⟨y, dy⟩) / r         (NormFace section 3.1; exact for any ε)
//
// x, dy, dx  [ROWS, COLUMNS]
// Eight invocations a row: the largest |x| in one reading, ⟨x, x⟩ and ⟨x, dy⟩ in a second, dx in a third.
import package::lib::row_norm::{row_factor, inverse_root};
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_max, row_sum};
import constants::{ROWS, COLUMNS, GRID_X};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let first = min(row, ROWS - 1u) * COLUMNS;
  var largest = 0.0;
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) { largest = max(largest, abs(x[first + i])); }
  let factor = row_factor(row_max(largest, local));
  var squares = 0.0;
  var products = 0.0;
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) {
    let value = factor * x[first + i];
    squares += value * value;
    products += value * dy[first + i];
  }
  let inverse = inverse_root(row_sum(squares, local), factor);
  let along = row_sum(products, local) * inverse;
  if (row >= ROWS) { return; }
  for (var i = local % row_lanes; i < COLUMNS; i += row_lanes) {
    let y = inverse * (factor * x[first + i]);
    dx[first + i] = factor * inverse * (dy[first + i] - along * y);
  }
}
