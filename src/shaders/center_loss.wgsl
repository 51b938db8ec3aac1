// Center loss (Wen et al. 2016, equation 2) of every sample, the difference that its gradient is made of, and cosines for the log.
//
//   entry_i = ½·‖x_i − c_{y_i}‖²
//
// x            [SAMPLES, D]
// centers      [CLASSES, D]
// labels       [SAMPLES], a larger one counts as the last class
// directions   [D]: Σ_j c_j/‖c_j‖, whose product with x_i has the cosines with all centers at once
// differences  [SAMPLES, D]: x_i − c_{y_i}
// entries      [SAMPLES]: entry_i and 1
// cosines      [SAMPLES]: cosine with the own center and 1, Σ of the cosines with the others and their number
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, CLASSES, D, EPSILON, GRID_X};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> centers: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> directions: array<f32>;
@group(0) @binding(4) var<storage, read_write> differences: array<f32>;
@group(0) @binding(5) var<storage, read_write> entries: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> cosines: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  let own = min(labels[i], u32(CLASSES - 1));
  // ‖x − c‖², ‖x‖², ‖c‖², ⟨x, c⟩
  var squares = vec4f();
  var all = 0.0;
  for (var k = local % row_lanes; k < D; k += row_lanes) {
    let value = x[i * D + k];
    let center = centers[own * D + k];
    let difference = value - center;
    squares += vec4f(difference * difference, value * value, center * center, value * center);
    all += value * directions[k];
    if (row < SAMPLES) { differences[i * D + k] = difference; }
  }
  let distance = row_sum(squares.x, local);
  let inverse_x = inverseSqrt(row_sum(squares.y, local) + EPSILON);
  let inverse_center = inverseSqrt(row_sum(squares.z, local) + EPSILON);
  let own_cosine = row_sum(squares.w, local) * inverse_x * inverse_center;
  let all_cosines = row_sum(all, local) * inverse_x;
  if (row < SAMPLES && local % row_lanes == 0u) {
    entries[i] = vec2f(0.5 * distance, 1.0);
    cosines[i] = vec4f(own_cosine, 1.0, all_cosines - own_cosine, CLASSES - 1.0);
  }
}
