// Radial part of the gradient of features that are not normalised, for a softmax head with a margin. The logits are s·‖f‖·t(c), so
// that beside what goes through the direction of f there is
//
//   ∂L/∂f_i += upstream/SAMPLES · s·(Σ_j p_ij t(c_ij) − t(c_iy)) · f̂_i,   of which softmax_head_finish has the bracket times ‖f_i‖
//
// directions        [SAMPLES, D]: f̂_i
// grad_features     [SAMPLES, D], added to
// inverse_features  [SAMPLES] 1/‖f_i‖
// scale             s, used as max(s, FLOOR)
// decisions         [SAMPLES] of softmax_head_finish
// upstream          gradient of the loss, one number
// Element-wise: COUNT = SAMPLES·D.
import package::lib::at_least::at_least;
import package::lib::elements::element;
import package::lib::softmax_state::Decision;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, D, FLOOR};

@group(0) @binding(0) var<storage, read> directions: array<f32>;
@group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> decisions: array<Decision>;
@group(0) @binding(4) var<storage, read> upstream: array<f32>;
@group(0) @binding(5) var<storage, read_write> grad_features: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let weight = upstream[0] / SAMPLES * at_least(scale[0], FLOOR);
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let i = place / D;
      grad_features[place] += weight * decisions[i].slope * inverse_features[i] * directions[place];
    }
  }
}
