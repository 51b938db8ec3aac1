// End of the forward pass of SphereFace2's loss: means over the samples.
//
// sums        [SAMPLES] of sphereface2_fold, over all classes
// bias        b, one number
// loss        one number
// slope       ∂loss/∂b
// statistics  mean cosine to the own class, mean cosine to the other classes, b
// One workgroup: each invocation adds every WORKGROUP-th sample, then a tree adds the invocations; the order is fixed.
import package::lib::nan::unless_nan;
import constants::{SAMPLES, ALL_CLASSES, WORKGROUP};

@group(0) @binding(0) var<storage, read> sums: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: f32;
@group(0) @binding(2) var<storage, read_write> loss: f32;
@group(0) @binding(3) var<storage, read_write> slope: f32;
@group(0) @binding(4) var<storage, read_write> statistics: array<f32>;

var<workgroup> parts: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec4f();
  for (var i = local; i < SAMPLES; i += WORKGROUP) { sum += sums[i]; }
  parts[local] = sum;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] += parts[local + stride]; }
  }
  if (local == 0u) {
    let mean = parts[0] / SAMPLES;
    loss = unless_nan(mean.x, mean.z + mean.w);
    slope = mean.y;
    statistics[0] = mean.z;
    statistics[1] = mean.w / max(1, ALL_CLASSES - 1);
    statistics[2] = bias;
  }
}
