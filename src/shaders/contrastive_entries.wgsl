// Contrastive loss of pairs (NormFace equation 7): entries and their slopes, sample by sample.
//
//   entry_ij = D_ij if y_i = y_j, else max(0, MARGIN − D_ij),   for j ≠ i, or with @if(adjacent) for the other one of the pair (2k, 2k+1)
//
// distances  [SAMPLES, SAMPLES] of pair_distances
// labels     [SAMPLES]
// slopes     [SAMPLES, SAMPLES]: ∂entry_ij/∂D_ij, 0 where a pair is not used
// entries    [SAMPLES]: Σ_j entry_ij and the number of pairs. Every pair is met from both of its sides, which leaves the mean as it is
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, MARGIN, GRID_X};

@group(0) @binding(0) var<storage, read> distances: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(3) var<storage, read_write> entries: array<vec2f>;

fn is_used(i: u32, j: u32) -> bool {
  @if(adjacent) return j == (i ^ 1u);
  @else return j != i;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  var sum = 0.0;
  var count = 0.0;
  for (var j = local % row_lanes; j < SAMPLES; j += row_lanes) {
    var slope = 0.0;
    if (is_used(i, j)) {
      let distance = distances[i * SAMPLES + j];
      count += 1.0;
      if (labels[i] == labels[j]) {
        sum += distance;
        slope = 1.0;
      } else if (distance < MARGIN) {
        sum += MARGIN - distance;
        slope = -1.0;
      }
    }
    if (row < SAMPLES) { slopes[i * SAMPLES + j] = slope; }
  }
  let total = vec2f(row_sum(sum, local), row_sum(count, local));
  if (row < SAMPLES && local % row_lanes == 0u) { entries[i] = total; }
}
