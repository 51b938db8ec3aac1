// The samples of every class of a batch as a list: what sums over the samples of a class walk along, in the order of the samples.
//
// labels   [SAMPLES], a larger one counts as the last class
// members  [SAMPLES]: the next sample of the same class, or SAMPLES; and how many there are, 0 for all but the first of a class
// One invocation a sample, which looks at all others: n² comparisons of a few bytes.
import constants::{SAMPLES, CLASSES, WORKGROUP};

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read_write> members: array<vec2u>;

fn class_of(i: u32) -> u32 { return min(labels[i], u32(CLASSES - 1)); }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= SAMPLES) { return; }
  var next = u32(SAMPLES);
  var count = 0u;
  var is_first = true;
  for (var k = 0u; k < SAMPLES; k++) {
    if (class_of(k) != class_of(i)) { continue; }
    count++;
    if (k < i) { is_first = false; }
    if (k > i) { next = min(next, k); }
  }
  members[i] = vec2u(next, select(0u, count, is_first));
}
