// Backward pass of a softmax head over one window of the classes: from products to their gradients,
//
//   g_ij = upstream/SAMPLES · s·(p_ij − [j = y_i]) · ∂score_ij/∂product_ij
//
// with p_ij = share_i·exp(z_ij − max_i) for j ≠ y_i and 1 − p_iy = rest_i, so that ∂L/∂f_i = Σ_j g_ij w_j and ∂L/∂w_j = Σ_i g_ij f_i
// for the f_i of the products, up to the projections of the normalisations.
//
// products, inverse_features, inverse_weights, bias   as lib/class_score says, for one window of the classes, the first of which is
//                  number first_class
// first_class      one number: not compiled in, so that all windows share a kernel
// labels           [SAMPLES], a larger one counts as the last class
// scale            s, used as max(s, FLOOR)
// classes_in_use   with @if(partial): classes from this number on have zero gradients
// decisions        [SAMPLES] of softmax_head_finish
// upstream         gradient of the loss, one number
// gradients        [SAMPLES, CLASSES]
// Element-wise: COUNT = SAMPLES·CLASSES.
import package::lib::at_least::at_least;
import package::lib::class_score::class_score;
import package::lib::elements::element;
import package::lib::softmax_state::Decision;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, CLASSES, ALL_CLASSES, FLOOR};

@group(0) @binding(4) var<storage, read> labels: array<u32>;
@group(0) @binding(5) var<storage, read> scale: array<f32>;
@group(0) @binding(6) var<storage, read> decisions: array<Decision>;
@group(0) @binding(7) var<storage, read> upstream: array<f32>;
@group(0) @binding(8) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(9) var<storage, read> first_class: array<f32>;
@if(partial) @group(0) @binding(11) var<storage, read> classes_in_use: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = u32(first_class[0]);
  let s = at_least(scale[0], FLOOR);
  let weight = upstream[0] / SAMPLES;
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let i = place / CLASSES;
      let j = place % CLASSES;
      @if(partial) {
        if (first + j >= classes_in_use) {
          gradients[place] = 0.0;
          continue;
        }
      }
      let is_own = first + j == min(labels[i], u32(ALL_CLASSES - 1));
      let score = class_score(i, j, is_own);
      let decision = decisions[i];
      var difference = -decision.rest;
      if (!is_own) { difference = decision.share * exp(s * score.value - decision.maximum); }
      gradients[place] = weight * s * difference * score.slope;
    }
  }
}
