// Forward pass of a softmax head over one window of the classes: folds the scores of lib/class_score of every sample into its state;
// z_ij = s·score_ij.
//
// products, inverse_features, inverse_weights, bias   as lib/class_score says, for one window of the classes, the first of which is
//                  number first_class
// first_class      one number: not compiled in, so that all windows share a kernel
// labels           [SAMPLES], a larger one counts as the last class
// scale            s, used as max(s, FLOOR)
// classes_in_use   with @if(partial): classes from this number on take no part
// states           [SAMPLES] State; the windows before this one are in it already, unless @if(first)
// One workgroup a sample: each invocation folds every WORKGROUP-th class, then a tree merges the invocations in fixed order.
import package::lib::at_least::at_least;
import package::lib::class_score::{class_score, logged_cosine};
import package::lib::softmax_state::{State, empty, fold, merge};
import constants::{CLASSES, ALL_CLASSES, FLOOR, WORKGROUP, GRID_X, SAMPLES};

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
  let s = at_least(scale[0], FLOOR);
  var state = empty();
  var end = u32(CLASSES);
  @if(partial) { end = min(end, classes_in_use - min(first, classes_in_use)); }
  for (var j = local; j < end; j += WORKGROUP) {
    let is_own = first + j == own;
    state = fold(state, s, class_score(i, j, is_own).value, logged_cosine(i, j), is_own);
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
