// Triplet loss (NormFace equation 8) over many triplets of every anchor: entries and their slopes, anchor by anchor.
//
//   entry_apn = max(0, MARGIN + D_ap − D_an)   for y_p = y_a, p ≠ a, y_n ≠ y_a, and with @if(semi_hard) only where
//                                              D_ap < D_an < D_ap + MARGIN (FaceNet, section 3.2)
//
// distances  [SAMPLES, SAMPLES] of pair_distances
// labels     [SAMPLES]
// slopes     [SAMPLES, SAMPLES]: ∂(Σ_pn entry_apn)/∂D_aj: the number of positive entries of a positive j, minus that of a negative j
// entries    [SAMPLES]: Σ_pn entry_apn and the number of triplets
// One workgroup an anchor. An invocation has every WORKGROUP-th sample j and meets it with all samples of the other kind: no triplet
// is stored, and no two invocations write to one place.
import constants::{SAMPLES, MARGIN, WORKGROUP, GRID_X};

@group(0) @binding(0) var<storage, read> distances: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(3) var<storage, read_write> entries: array<vec2f>;

var<workgroup> parts: array<vec2f, WORKGROUP>;

fn is_used(gap: f32) -> bool {
  @if(semi_hard) return gap > 0.0 && gap < MARGIN;
  @else return true;
}

// Σ of the entries of sample j with all samples of the other kind, how many are positive, and how many there are.
fn meet(a: u32, j: u32) -> vec3f {
  let is_positive = labels[j] == labels[a];
  let distance = distances[a * SAMPLES + j];
  var sums = vec3f();
  for (var k = 0u; k < SAMPLES; k++) {
    if (k == a || (labels[k] == labels[a]) == is_positive) { continue; }
    let other = distances[a * SAMPLES + k];
    let gap = select(distance - other, other - distance, is_positive);
    if (is_used(gap)) { sums += vec3f(max(0.0, MARGIN - gap), select(0.0, 1.0, gap < MARGIN), 1.0); }
  }
  return sums;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y * GRID_X + workgroup.x;
  let a = min(row, u32(SAMPLES - 1));
  var sums = vec2f();
  for (var j = local; j < SAMPLES; j += WORKGROUP) {
    var slope = 0.0;
    if (j != a) {
      let met = meet(a, j);
      if (labels[j] == labels[a]) {
        sums += met.xz;
        slope = met.y;
      } else {
        slope = -met.y;
      }
    }
    if (row < SAMPLES) { slopes[a * SAMPLES + j] = slope; }
  }
  parts[local] = sums;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] += parts[local + stride]; }
  }
  if (row < SAMPLES && local == 0u) { entries[a] = parts[0]; }
}
