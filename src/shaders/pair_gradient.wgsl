// Gradient of a mean of entries that depend on the squared distances D_ij = ‖x_i − x_j‖², as a matrix to multiply the samples with:
//
//   ∂L/∂x_i = Σ_j 2·S_ij·(x_i − x_j) = Σ_j G_ij x_j,   G_ij = −2·S_ij,   G_ii = 2·Σ_{j≠i} S_ij
//
// with S_ij = upstream·(H_ij + H_ji)/count, since a pair can be met from both of its sides.
//
// slopes      [SAMPLES, SAMPLES]: H_ij, 0 on the diagonal
// statistics  the third is the number of entries
// upstream    gradient of the loss, one number
// gradients   [SAMPLES, SAMPLES]: G
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, GRID_X};

@group(0) @binding(0) var<storage, read> slopes: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read> upstream: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  let factor = 2.0 * upstream[0] / max(1.0, statistics[2]);
  var sum = 0.0;
  for (var j = local % row_lanes; j < SAMPLES; j += row_lanes) {
    let slope = slopes[i * SAMPLES + j] + slopes[j * SAMPLES + i];
    sum += slope;
    if (row < SAMPLES && j != i) { gradients[i * SAMPLES + j] = -factor * slope; }
  }
  let total = row_sum(sum, local);
  if (row < SAMPLES && local % row_lanes == 0u) { gradients[i * SAMPLES + i] = factor * total; }
}
