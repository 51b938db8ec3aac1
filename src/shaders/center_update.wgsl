// The centers of the classes that occur in a batch move towards their samples (Wen et al. 2016, equation 4):
//
//   Δ_j = Σ_{y_i=j} (c_j − x_i) / (1 + count_j),   c_j ← c_j − ALPHA·Δ_j
//
// differences  [SAMPLES, D]: x_i − c_{y_i}, of the centers as they were
// labels       [SAMPLES], a larger one counts as the last class
// members      [SAMPLES] of class_members
// centers      [CLASSES, D], changed in place
// Eight invocations a sample; those of the first sample of a class add up its members, in the order of the samples.
import package::lib::row_sum::{row_lanes, rows_per_workgroup};
import constants::{SAMPLES, CLASSES, D, ALPHA, GRID_X};

@group(0) @binding(0) var<storage, read> differences: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> members: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> centers: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  if (first >= SAMPLES) { return; }
  let count = members[first].y;
  if (count == 0u) { return; }
  let center = min(labels[first], u32(CLASSES - 1)) * D;
  let factor = ALPHA / (1.0 + f32(count));
  for (var k = local % row_lanes; k < D; k += row_lanes) {
    var sum = 0.0;
    for (var i = first; i < SAMPLES; i = members[i].x) { sum += differences[i * D + k]; }
    centers[center + k] += factor * sum;
  }
}
