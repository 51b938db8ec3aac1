// What the tangent projection takes away of each class weight: coefficient_j = Σ_i g_ij ⟨f_i, w_j⟩ / ‖w_j‖²   (NormFace section 3.1)
//
// products         [SAMPLES, CLASSES]: ⟨f_i, w_j⟩ of one window of the classes
// gradients        [SAMPLES, CLASSES]: those of the products
// inverse_weights  [CLASSES] 1/‖w_j‖
// coefficients     [CLASSES]
// An invocation a class: neighbours read neighbours; the sum over the samples is short and in order.
import constants::{SAMPLES, CLASSES, WORKGROUP};

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> inverse_weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> coefficients: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = min(id.x, u32(CLASSES - 1));
  var sum = 0.0;
  for (var i = 0u; i < SAMPLES; i++) { sum += gradients[i * CLASSES + j] * products[i * CLASSES + j]; }
  if (id.x < CLASSES) { coefficients[j] = sum * inverse_weights[j] * inverse_weights[j]; }
}
