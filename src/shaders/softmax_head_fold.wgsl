// Forward pass of a softmax head over one window of the classes: folds the scores of every sample into its state.
//
//   score_ij = ⟨f_i, w_j⟩ (/ ‖f_i‖ with @if(normalise_features)) (/ ‖w_j‖ with @if(normalise_weights)) (+ b_j),   z_ij = s·score_ij
//
// With @if(margin), which goes with weights of length 1, the cosine in it is replaced as lib/margin says.
//
// products         [SAMPLES, CLASSES]: ⟨f_i, w_j⟩ of one window of the classes, the first of which is number first_class
// inverse_features [SAMPLES] 1/‖f_i‖;  inverse_weights  [CLASSES] 1/‖w_j‖; the cosines of the log need both, but with @if(margin)
//                  the latter only for @if(normalise_weights)
// bias             [CLASSES] with @if(bias)
// first_class      one number: not compiled in, so that all windows share a kernel
// labels           [SAMPLES], a larger one counts as the last class
// scale            s, used as max(s, FLOOR)
// classes_in_use   with @if(partial): classes from this number on take no part
// states           [SAMPLES] State; the windows before this one are in it already, unless @if(first)
// With @if(others_only) the own class is left out of maximum and sums.
// One workgroup a sample: each invocation folds every WORKGROUP-th class, then a tree merges the invocations in fixed order.
@if(margin) import package::lib::margin::margined;
import package::lib::softmax_state::{State, empty, fold, merge};
import constants::{CLASSES, ALL_CLASSES, FLOOR, WORKGROUP, GRID_X, SAMPLES};

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@if(normalise_weights || !margin) @group(0) @binding(2) var<storage, read> inverse_weights: array<f32>;
@if(bias) @group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;
@group(0) @binding(5) var<storage, read> scale: array<f32>;
@group(0) @binding(6) var<storage, read_write> states: array<State>;
@group(0) @binding(7) var<storage, read> first_class: array<f32>;
@if(partial) @group(0) @binding(11) var<storage, read> classes_in_use: u32;

var<workgroup> parts: array<State, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y * GRID_X + workgroup.x;
  let i = min(row, u32(SAMPLES - 1));
  let first = u32(first_class[0]);
  let own = min(labels[i], u32(ALL_CLASSES - 1));
  let s = max(scale[0], FLOOR);
  var state = empty();
  var end = u32(CLASSES);
  @if(partial) { end = min(end, classes_in_use - min(first, classes_in_use)); }
  for (var j = local; j < end; j += WORKGROUP) {
    let product = products[i * CLASSES + j];
    var score = product;
    @if(normalise_features) { score *= inverse_features[i]; }
    @if(normalise_weights) { score *= inverse_weights[j]; }
    @if(bias) { score += bias[j]; }
    var cosine = product * inverse_features[i];
    @if(normalise_weights || !margin) { cosine *= inverse_weights[j]; }
    @if(margin) { score = margined(cosine, first + j == own).value; }
    @if(margin && !normalise_features) { score /= inverse_features[i]; }
    @if(others_only) {
      if (first + j == own) {
        state.own_cosine = cosine;
        continue;
      }
    }
    state = fold(state, s, score, cosine, first + j == own);
  }
  parts[local] = state;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] = merge(parts[local], parts[local + stride]); }
  }
  if (local == 0u && row < SAMPLES) {
    @if(first) states[i] = parts[0];
    @else states[i] = merge(states[i], parts[0]);
  }
}
