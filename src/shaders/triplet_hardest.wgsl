// Triplet loss (NormFace equation 8) over the hardest triplet of every anchor ("batch hard", Hermans et al. 2017, equation 5).
//
//   entry_a = max(0, MARGIN + max_p D_ap − min_n D_an)   over y_p = y_a, p ≠ a and y_n ≠ y_a; of equal distances the first counts
//
// distances  [SAMPLES, SAMPLES] of pair_distances
// labels     [SAMPLES]
// slopes     [SAMPLES, SAMPLES]: ∂entry_a/∂D_aj
// entries    [SAMPLES]: entry_a and 1, or zeros where the batch has no positive or no negative for an anchor
// One workgroup an anchor: each invocation looks at every WORKGROUP-th sample, then a tree merges the invocations.
import constants::{SAMPLES, MARGIN, WORKGROUP, GRID_X};

@group(0) @binding(0) var<storage, read> distances: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(3) var<storage, read_write> entries: array<vec2f>;

const none = 0xffffffffu;

struct Hardest {
  farthest: f32,
  positive: u32,
  nearest: f32,
  negative: u32,
}

var<workgroup> parts: array<Hardest, WORKGROUP>;

// Distances are not negative, and `none` is larger than every index.
fn merge(a: Hardest, b: Hardest) -> Hardest {
  let farther = b.farthest > a.farthest || (b.farthest == a.farthest && b.positive < a.positive);
  let nearer = b.nearest < a.nearest || (b.nearest == a.nearest && b.negative < a.negative);
  return Hardest(
    select(a.farthest, b.farthest, farther),
    select(a.positive, b.positive, farther),
    select(a.nearest, b.nearest, nearer),
    select(a.negative, b.negative, nearer),
  );
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y * GRID_X + workgroup.x;
  let a = min(row, u32(SAMPLES - 1));
  let far_away = 3.4e38;
  var hardest = Hardest(-1.0, none, far_away, none);
  for (var j = local; j < SAMPLES; j += WORKGROUP) {
    let distance = distances[a * SAMPLES + j];
    if (labels[j] != labels[a]) { hardest = merge(hardest, Hardest(-1.0, none, distance, j)); }
    else if (j != a) { hardest = merge(hardest, Hardest(distance, j, far_away, none)); }
  }
  parts[local] = hardest;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] = merge(parts[local], parts[local + stride]); }
  }
  workgroupBarrier();
  hardest = parts[0];
  let exists = hardest.positive != none && hardest.negative != none;
  let entry = select(0.0, max(0.0, MARGIN + hardest.farthest - hardest.nearest), exists);
  if (row >= SAMPLES) { return; }
  for (var j = local; j < SAMPLES; j += WORKGROUP) {
    var slope = 0.0;
    if (entry > 0.0 && j == hardest.positive) { slope = 1.0; }
    if (entry > 0.0 && j == hardest.negative) { slope = -1.0; }
    slopes[a * SAMPLES + j] = slope;
  }
  if (local == 0u) { entries[a] = vec2f(entry, select(0.0, 1.0, exists)); }
}
