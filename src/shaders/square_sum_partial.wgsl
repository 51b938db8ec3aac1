// First stage of a squared norm: partial[FIRST + g] = Σ over chunk g of x².
//
// x        SIZE vectors of 4 numbers, chunks of WORKGROUP·PER_INVOCATION vectors
// partial  one number a workgroup, from FIRST on
// Each invocation adds every WORKGROUP-th vector, then a tree over workgroup memory adds the invocations: the order is fixed.
import constants::{SIZE, WORKGROUP, PER_INVOCATION, FIRST};

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

var<workgroup> shared_sum: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let base = workgroup.x * WORKGROUP * PER_INVOCATION + local;
  var squares = vec4f();
  for (var k = 0u; k < PER_INVOCATION; k++) {
    let i = base + k * WORKGROUP;
    if (i < SIZE) { squares += x[i] * x[i]; }
  }
  shared_sum[local] = (squares.x + squares.y) + (squares.z + squares.w);
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { shared_sum[local] += shared_sum[local + stride]; }
  }
  if (local == 0u) { partial[FIRST + workgroup.x] = shared_sum[0]; }
}
