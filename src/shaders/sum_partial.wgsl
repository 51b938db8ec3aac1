// Sum of all elements, one stage: partial[g] = FACTOR·Σ of the elements of chunk g.
//
// x        SIZE elements, chunks of WORKGROUP·PER_INVOCATION
// partial  one number a workgroup; stages repeat until one is left
// Each invocation adds every WORKGROUP-th element (neighbours read neighbours), then a tree over workgroup memory adds the
// invocations: the order is fixed, so the result is the same every time, and errors grow with the logarithm of the size.
import constants::{SIZE, WORKGROUP, PER_INVOCATION, FACTOR};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

var<workgroup> shared_sum: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let base = workgroup.x * WORKGROUP * PER_INVOCATION + local;
  var sum = 0.0;
  for (var k = 0u; k < PER_INVOCATION; k++) {
    let i = base + k * WORKGROUP;
    if (i < SIZE) { sum += x[i]; }
  }
  shared_sum[local] = sum;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { shared_sum[local] += shared_sum[local + stride]; }
  }
  if (local == 0u) { partial[workgroup.x] = FACTOR * shared_sum[0]; }
}
