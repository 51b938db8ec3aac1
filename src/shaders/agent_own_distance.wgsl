// Squared distance of every sample to the agent of its own class, for the classes of one window.
//
// features          [SAMPLES, D]
// weights           [CLASSES, D]: the agents of one window of the classes, the first of which is number first_class
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// inverse_features  [SAMPLES] 1/‖f_i‖;  inverse_weights  [CLASSES] 1/‖w_j‖
// distances         [SAMPLES]; only those whose class is in the window are written
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import package::lib::agent_distance::squared_distance;
import constants::{SAMPLES, CLASSES, ALL_CLASSES, D, GRID_X};

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> inverse_features: array<f32>;
@group(0) @binding(4) var<storage, read> inverse_weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> distances: array<f32>;
@group(0) @binding(6) var<storage, read> first_class: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  let first = u32(first_class[0]);
  let own = min(labels[i], u32(ALL_CLASSES - 1));
  let inside = row < SAMPLES && own >= first && own < first + CLASSES;
  let j = select(0u, own - first, inside);
  var products = 0.0;
  for (var k = local % row_lanes; k < D; k += row_lanes) { products += features[i * D + k] * weights[j * D + k]; }
  let product = row_sum(products, local);
  if (inside && local % row_lanes == 0u) {
    distances[i] = squared_distance(product, inverse_features[i], inverse_weights[j]);
  }
}
