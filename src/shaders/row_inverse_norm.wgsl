// inverse_i = 1 / √(Σ x_i² + EPSILON) of every row, whatever its magnitude.
//
// x        [ROWS, COLUMNS]; with @if(vec4) COLUMNS is a multiple of four
// inverse  [ROWS]
// Eight invocations a row: bandwidth bound; a row is read twice, the second time from the cache.
import package::lib::row_norm::{row_factor, inverse_root};
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_max, row_sum};
import constants::{ROWS, COLUMNS, GRID_X};

@if(vec4) @group(0) @binding(0) var<storage, read> x: array<vec4f>;
@else     @group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> inverse: array<f32>;

@if(vec4) const columns = u32(COLUMNS) / 4u;
@else     const columns = u32(COLUMNS);

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let first = min(row, ROWS - 1u) * columns;
  @if(vec4) var magnitudes = vec4f();
  @else     var magnitudes = 0.0;
  for (var i = local % row_lanes; i < columns; i += row_lanes) { magnitudes = max(magnitudes, abs(x[first + i])); }
  @if(vec4) let largest = max(max(magnitudes.x, magnitudes.y), max(magnitudes.z, magnitudes.w));
  @else     let largest = magnitudes;
  let factor = row_factor(row_max(largest, local));
  var squares = 0.0;
  for (var i = local % row_lanes; i < columns; i += row_lanes) {
    let value = factor * x[first + i];
    @if(vec4) squares += dot(value, value);
    @else squares += value * value;
  }
  let sum = row_sum(squares, local);
  if (row < ROWS && local % row_lanes == 0u) { inverse[row] = factor * inverse_root(sum, factor); }
}
