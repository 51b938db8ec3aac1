// End of the forward pass of a softmax head: mean loss, statistics for the log, gradient of the scale, and what the gradient needs
// of every sample.
//
// states      [SAMPLES] of softmax_head_fold, over all classes
// scale       s, used as max(s, FLOOR)
// classes_in_use  with @if(partial): the number of classes, instead of ALL_CLASSES
// decisions   [SAMPLES]
// loss        one number: mean over the samples of log Σ exp z − z_y
// statistics  mean cosine to the own class, mean cosine to the other classes, s
// slope       ∂loss/∂s = mean over the samples of Σ_j p_j score_j − score_y
// One workgroup: each invocation adds every WORKGROUP-th sample, then a tree adds the invocations; the order is fixed.
import package::lib::at_least::at_least;
import package::lib::logistic::{sigmoid, softplus};
import package::lib::softmax_state::{Decision, State, log_odds};
import constants::{SAMPLES, ALL_CLASSES, FLOOR, WORKGROUP};

@group(0) @binding(0) var<storage, read> states: array<State>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> slope: array<f32>;
@if(partial) @group(0) @binding(5) var<storage, read> classes_in_use: u32;
@group(0) @binding(6) var<storage, read_write> decisions: array<Decision>;

// loss, own cosine, other cosines, slope
var<workgroup> parts: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  let s = at_least(scale[0], FLOOR);
  var others = f32(ALL_CLASSES - 1);
  @if(partial) { others = f32(classes_in_use - 1u); }
  var sums = vec4f();
  for (var i = local; i < SAMPLES; i += WORKGROUP) {
    let state = states[i];
    let odds = log_odds(state, s);
    let rest = sigmoid(odds);
    // The largest of the others adds 1 to their sum.
    let share = rest / max(state.sum, 1.0);
    let slope = share * state.weighted - rest * state.own;
    decisions[i] = Decision(state.maximum, share, rest, slope);
    sums += vec4f(softplus(odds), state.own_cosine, state.other_cosines / max(1.0, others), slope);
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
