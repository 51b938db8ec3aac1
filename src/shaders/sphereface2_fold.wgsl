// Forward pass of SphereFace2's loss over one window of the classes: adds the entries of lib/binary_entry of every sample to its sums.
//
// products          [SAMPLES, CLASSES]: ⟨f̂_i, w_j⟩ of one window of the classes, the first of which is number first_class
// inverse_weights   [CLASSES] 1/‖w_j‖ with @if(normalise_weights), otherwise they are 1
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// bias              b, one number
// sums              [SAMPLES] (loss, ∂loss/∂b, own cosine, sum of the other cosines); those of the windows before this one are in
//                   it already, unless @if(first)
// One workgroup a sample: each invocation takes every WORKGROUP-th class, then a tree adds the invocations in fixed order.
import package::lib::binary_entry::binary_entry;
import package::lib::class_score::class_score;
import constants::{SAMPLES, CLASSES, ALL_CLASSES, WORKGROUP, GRID_X};

@group(0) @binding(3) var<storage, read> labels: array<u32>;
@group(0) @binding(4) var<storage, read> bias: f32;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(6) var<storage, read> first_class: array<f32>;

var<workgroup> parts: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y * GRID_X + workgroup.x;
  let i = min(row, u32(SAMPLES - 1));
  let first = u32(first_class[0]);
  let own = min(labels[i], u32(ALL_CLASSES - 1));
  let b = bias;
  var sum = vec4f();
  for (var j = local; j < CLASSES; j += WORKGROUP) {
    let is_own = first + j == own;
    let cosine = class_score(i, j, is_own).value;
    let entry = binary_entry(cosine, is_own, b);
    sum += vec4f(entry.value, entry.bias_slope, select(0.0, cosine, is_own), select(cosine, 0.0, is_own));
  }
  parts[local] = sum;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] += parts[local + stride]; }
  }
  if (local == 0u && row < SAMPLES) {
    @if(first) sums[i] = parts[0];
    @else sums[i] += parts[0];
  }
}
