// Backward pass of a softmax head over one window of the classes: from products to their gradients,
//
//   g_ij = upstream/SAMPLES · s·(p_ij − [j = y_i]) (/ ‖f_i‖) (/ ‖w_j‖),   p_ij = exp(z_ij − max_i) / Σ_i
//
// times the slope of lib/margin with @if(margin), so that ∂L/∂f_i = Σ_j g_ij w_j and ∂L/∂w_j = Σ_i g_ij f_i, up to the projections of the normalisations.
//
// products         [SAMPLES, CLASSES]: ⟨f_i, w_j⟩ of one window of the classes, the first of which is number first_class
// inverse_features [SAMPLES] 1/‖f_i‖ with @if(normalise_features) or @if(margin)
// inverse_weights  [CLASSES] 1/‖w_j‖ with @if(normalise_weights)
// bias             [CLASSES] with @if(bias)
// first_class      one number: not compiled in, so that all windows share a kernel
// labels           [SAMPLES], a larger one counts as the last class
// scale            s, used as max(s, FLOOR)
// classes_in_use   with @if(partial): classes from this number on have zero gradients
// states           [SAMPLES] of the forward pass
// upstream         gradient of the loss, one number
// gradients        [SAMPLES, CLASSES]
// Element-wise: COUNT = SAMPLES·CLASSES.
import package::lib::elements::element;
@if(margin) import package::lib::margin::margined;
import package::lib::softmax_state::State;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, CLASSES, ALL_CLASSES, FLOOR};

@group(0) @binding(0) var<storage, read> products: array<f32>;
@if(normalise_features || margin) @group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@if(normalise_weights) @group(0) @binding(2) var<storage, read> inverse_weights: array<f32>;
@if(bias) @group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;
@group(0) @binding(5) var<storage, read> scale: array<f32>;
@group(0) @binding(6) var<storage, read> states: array<State>;
@group(0) @binding(7) var<storage, read> upstream: array<f32>;
@group(0) @binding(8) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(9) var<storage, read> first_class: array<f32>;
@if(partial) @group(0) @binding(11) var<storage, read> classes_in_use: u32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = u32(first_class[0]);
  let s = max(scale[0], FLOOR);
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
      var factor = 1.0;
      @if(normalise_features) { factor *= inverse_features[i]; }
      @if(normalise_weights) { factor *= inverse_weights[j]; }
      var score = products[place] * factor;
      @if(bias) { score += bias[j]; }
      let own = first + j == min(labels[i], u32(ALL_CLASSES - 1));
      @if(margin) {
        var cosine = products[place] * inverse_features[i];
        @if(normalise_weights) { cosine *= inverse_weights[j]; }
        let replaced = margined(cosine, own);
        score = replaced.value;
        factor *= replaced.slope;
      }
      @if(margin && !normalise_features) { score /= inverse_features[i]; }
      let p = exp(s * score - states[i].maximum) / states[i].sum;
      gradients[place] = weight * s * (p - select(0.0, 1.0, own)) * factor;
    }
  }
}
