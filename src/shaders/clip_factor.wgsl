// Second stage of clipping by the global norm: norm = √Σ partial, factor = min(1, MAXIMUM / norm).
//
// partial   COUNT sums of squares
// clipping  (factor, norm)
// One workgroup: each invocation adds every WORKGROUP-th number, then a tree adds the invocations, always in the same order.
// A norm that is NaN leaves the factor at 1, so that NaN shows in the weights instead of vanishing.
import constants::{COUNT, WORKGROUP, MAXIMUM};

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> clipping: vec2f;

var<workgroup> shared_sum: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var i = local; i < COUNT; i += WORKGROUP) { sum += partial[i]; }
  shared_sum[local] = sum;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { shared_sum[local] += shared_sum[local + stride]; }
  }
  if (local == 0u) {
    let norm = sqrt(shared_sum[0]);
    clipping = vec2f(select(1.0, MAXIMUM / norm, norm > MAXIMUM), norm);
  }
}
