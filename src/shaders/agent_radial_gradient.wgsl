// Radial part of the gradient of agents that are not normalised: ∂D_ij/∂w_j = 2·(w_j − f̂_i), of which the product ⟨f_i, w_j⟩
// accounts for −2·f̂_i. What is left is
//
//   ∂L/∂w_j += 2·w_j Σ_i H_ij = −w_j Σ_i g_ij·‖f_i‖,   since g_ij = −2·H_ij/‖f_i‖
//
// gradients         [SAMPLES, CLASSES] of agent_gradient, for one window of the classes
// inverse_features  [SAMPLES] 1/‖f_i‖
// weights           [CLASSES, D]
// grad_weights      [CLASSES, D], added to
// Eight invocations a class.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, CLASSES, D, GRID_X};

@group(0) @binding(0) var<storage, read> gradients: array<f32>;
@group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> grad_weights: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let j = min(row, u32(CLASSES - 1));
  var part = 0.0;
  for (var i = local % row_lanes; i < SAMPLES; i += row_lanes) { part += gradients[i * CLASSES + j] / inverse_features[i]; }
  let sum = row_sum(part, local);
  if (row >= CLASSES) { return; }
  for (var k = local % row_lanes; k < D; k += row_lanes) { grad_weights[row * D + k] -= sum * weights[row * D + k]; }
}
