// Backward pass of SphereFace2's loss over one window of the classes: from products to their gradients,
//
//   g_ij = upstream/SAMPLES · (slope of lib/binary_entry at the cosine) (/ ‖w_j‖ with @if(normalise_weights))
//
// so that ∂L/∂f̂_i = Σ_j g_ij w_j and ∂L/∂w_j = Σ_i g_ij f̂_i, up to the projection of the normalisation.
//
// products          [SAMPLES, CLASSES]: ⟨f̂_i, w_j⟩ of one window of the classes, the first of which is number first_class
// inverse_weights   [CLASSES] 1/‖w_j‖ with @if(normalise_weights), otherwise they are 1
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// bias              b, one number
// upstream          gradient of the loss, one number
// gradients         [SAMPLES, CLASSES]
// Element-wise: COUNT = SAMPLES·CLASSES.
import package::lib::binary_entry::binary_entry;
import package::lib::class_score::class_score;
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, CLASSES, ALL_CLASSES};

@group(0) @binding(3) var<storage, read> labels: array<u32>;
@group(0) @binding(4) var<storage, read> bias: f32;
@group(0) @binding(5) var<storage, read> upstream: f32;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(7) var<storage, read> first_class: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = u32(first_class[0]);
  let weight = upstream / SAMPLES;
  let b = bias;
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let i = place / CLASSES;
      let j = place % CLASSES;
      let is_own = first + j == min(labels[i], u32(ALL_CLASSES - 1));
      let cosine = class_score(i, j, is_own);
      gradients[place] = weight * binary_entry(cosine.value, is_own, b).slope * cosine.slope;
    }
  }
}
