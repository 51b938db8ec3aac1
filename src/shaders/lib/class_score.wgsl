// Score of a sample and a class of the window at hand. Forward and backward passes both take it from here, so that they round alike.
//
//   cosine  ⟨f̂_i, w_j⟩ (/ ‖w_j‖ with @if(normalise_weights))
//   score   the cosine; with @if(margin) what lib/margin puts in its place, (times ‖f_i‖ without @if(normalise_features)); (+ b_j with @if(bias))
//
// Without margin and without @if(normalise_features) the score is of f_i instead of f̂_i, and only what a log calls the cosine is not.
//
// products          [SAMPLES, CLASSES]: ⟨f̂_i, w_j⟩, or ⟨f_i, w_j⟩ where the features are not normalised and there is no margin
// inverse_features  [SAMPLES] 1/‖f_i‖, unless @if(normalise_features)
// inverse_weights   [CLASSES] 1/‖w_j‖
// bias              [CLASSES]
@if(margin) import package::lib::margin::margined;
import constants::CLASSES;

@group(0) @binding(0) var<storage, read> products: array<f32>;
@if(!normalise_features) @group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@group(0) @binding(2) var<storage, read> inverse_weights: array<f32>;
@if(bias) @group(0) @binding(3) var<storage, read> bias: array<f32>;

struct Score {
  value: f32,
  // ∂value/∂product
  slope: f32,
}

fn class_score(i: u32, j: u32, is_own: bool) -> Score {
  var slope = 1.0;
  @if(normalise_weights) { slope = inverse_weights[j]; }
  var value = products[i * CLASSES + j] * slope;
  @if(margin) {
    let replaced = margined(value, i, is_own);
    value = replaced.value;
    slope *= replaced.slope;
  }
  @if(margin && !normalise_features) {
    value /= inverse_features[i];
    slope /= inverse_features[i];
  }
  @if(bias) { value += bias[j]; }
  return Score(value, slope);
}

// For the log, where without @if(normalise_weights) weights count as what a margin takes them for: of length 1.
fn logged_cosine(i: u32, j: u32) -> f32 {
  var cosine = products[i * CLASSES + j];
  @if(!margin && !normalise_features) { cosine *= inverse_features[i]; }
  @if(!margin || normalise_weights) { cosine *= inverse_weights[j]; }
  return cosine;
}
