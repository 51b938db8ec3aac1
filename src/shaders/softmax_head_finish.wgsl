// End of the forward pass of a softmax head: mean loss, statistics for the log, gradient of the scale.
//
// states      [SAMPLES] of softmax_head_fold, over all classes
// scale       s, used as max(s, FLOOR)
// classes_in_use  with @if(partial): the number of classes, instead of ALL_CLASSES
// loss        one number: mean over the samples of log Σ exp z − z_y
// statistics  mean cosine to the own class, mean cosine to the other classes, s
// slope       ∂loss/∂s = mean over the samples of Σ_j p_j score_j − score_y
// One workgroup: each invocation adds every WORKGROUP-th sample, then a tree adds the invocations; the order is fixed.
import package::lib::softmax_state::State;
import constants::{SAMPLES, ALL_CLASSES, FLOOR, WORKGROUP};

@group(0) @binding(0) var<storage, read> states: array<State>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> slope: array<f32>;
@if(partial) @group(0) @binding(5) var<storage, read> classes_in_use: u32;

// loss, own cosine, other cosines, slope
var<workgroup> parts: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  let s = max(scale[0], FLOOR);
  var others = f32(ALL_CLASSES - 1);
  @if(partial) { others = f32(classes_in_use - 1u); }
  var sums = vec4f();
  for (var i = local; i < SAMPLES; i += WORKGROUP) {
    let state = states[i];
    sums += vec4f(
      state.maximum - s * state.own + log(state.sum),
      state.own_cosine,
      state.other_cosines / max(1.0, others),
      state.weighted / state.sum - state.own,
    );
  }
  parts[local] = sums;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] += parts[local + stride]; }
  }
  if (local == 0u) {
    let mean = parts[0] / SAMPLES;
    loss[0] = mean.x;
    statistics[0] = mean.y;
    statistics[1] = mean.z;
    statistics[2] = s;
    slope[0] = mean.w;
  }
}
