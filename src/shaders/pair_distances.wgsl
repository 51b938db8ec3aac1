// Squared distances between all samples of a batch, from their products, and the sums of cosines that a log wants.
//
//   D_ij = ‖x_i − x_j‖² = ⟨x_i, x_i⟩ + ⟨x_j, x_j⟩ − 2·⟨x_i, x_j⟩
//
// products   [SAMPLES, SAMPLES]: ⟨x_i, x_j⟩
// labels     [SAMPLES]
// distances  [SAMPLES, SAMPLES]
// cosines    [SAMPLES]: Σ of the cosines with the other samples of the same class and their number, the same of the other classes
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, GRID_X};

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> distances: array<f32>;
@group(0) @binding(3) var<storage, read_write> cosines: array<vec4f>;

fn square_norm(i: u32) -> f32 { return products[i * SAMPLES + i]; }

// 1/‖x_i‖; finite for x_i = 0, whose cosines count as 0.
fn inverse_norm(i: u32) -> f32 { return inverseSqrt(max(square_norm(i), 1e-30)); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  var sums = vec4f();
  for (var j = local % row_lanes; j < SAMPLES; j += row_lanes) {
    let product = products[i * SAMPLES + j];
    let cosine = product * inverse_norm(i) * inverse_norm(j);
    if (labels[i] != labels[j]) { sums += vec4f(0.0, 0.0, cosine, 1.0); }
    else if (i != j) { sums += vec4f(cosine, 1.0, 0.0, 0.0); }
    // Rounding may take the difference of nearly equal samples below zero.
    let distance = max(0.0, square_norm(i) + square_norm(j) - 2.0 * product);
    if (row < SAMPLES) { distances[i * SAMPLES + j] = distance; }
  }
  let total = vec4f(row_sum(sums.x, local), row_sum(sums.y, local), row_sum(sums.z, local), row_sum(sums.w, local));
  if (row < SAMPLES && local % row_lanes == 0u) { cosines[i] = total; }
}
