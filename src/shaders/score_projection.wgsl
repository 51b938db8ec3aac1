// What the gradient of each class weight has beside Σ_i g_ij f_i: it is dw_j = Σ_i g_ij f_i − share·(inverse·w_j) with
//
//   share = Σ_i g_ij ⟨f_i, ŵ_j⟩,  inverse = 1/‖w_j‖    for scores: the tangent projection (NormFace section 3.1)
//
// With @if(distances), D = ‖f_i‖² + ‖a_j‖² − 2⟨f_i, a_j⟩, the agent's own square is a part of what is differentiated; as
// g_ij = −2 ∂L/∂D / ‖w_j‖,
//
//   share = Σ_i g_ij (⟨f_i, ŵ_j⟩ + ε/‖w_j‖²)            for a_j = ŵ_j, whose square is 1 − ε/‖w_j‖²
//   share = Σ_i g_ij,  inverse = 1                      for a_j = w_j, without @if(normalise_weights)
//
// products      [SAMPLES, CLASSES]: ⟨f_i, w_j⟩ of one window of the classes
// gradients     [SAMPLES, CLASSES]: those of the products
// norms         [CLASSES] 1/‖w_j‖, ‖w_j‖ = √(Σ w² + EPSILON), with @if(normalise_weights)
// coefficients  [CLASSES] (share, inverse). Two numbers, since their product may be too small for one
// An invocation a class: neighbours read neighbours; the sum over the samples is short and in order.
import constants::{SAMPLES, CLASSES, WORKGROUP, EPSILON};

@if(normalise_weights) @group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@if(normalise_weights) @group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> coefficients: array<vec2f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = min(id.x, u32(CLASSES - 1));
  var inverse = 1.0;
  @if(normalise_weights) { inverse = norms[j]; }
  var sum = 0.0;
  for (var i = 0u; i < SAMPLES; i++) {
    var along = 1.0;
    @if(normalise_weights) { along = products[i * CLASSES + j] * inverse; }
    @if(normalise_weights && distances) { along += EPSILON * inverse * inverse; }
    sum += gradients[i * CLASSES + j] * along;
  }
  if (id.x < CLASSES) { coefficients[j] = vec2f(sum, inverse); }
}
