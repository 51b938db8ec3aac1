// What D = ‖f̂‖² + ‖a‖² − 2·⟨f̂, a⟩ adds to the gradient of the features by its first term, which is 1 but for features that are not
// much longer than √ε: ∂‖f̂‖²/∂f̂ = 2·f̂, and the normalisation takes this to 2·f̂·(1 − ‖f̂‖²)/‖f‖, so that
//
//   ∂L/∂f_i += upstream/SAMPLES · 2·Σ_j H_ij · ε/‖f_i‖³ · f̂_i,   H = ∂(sum of entries)/∂D
//
// directions        [SAMPLES, D]: f̂_i
// inverse_features  [SAMPLES] 1/‖f_i‖, ‖f‖ = √(Σ f² + EPSILON)
// decisions         [SAMPLES] Decision
// upstream          gradient of the loss, one number
// grad_features     [SAMPLES, D], added to
// Element-wise: COUNT = SAMPLES·D.
import package::lib::agent_state::Decision;
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, D, EPSILON};

@group(0) @binding(0) var<storage, read> directions: array<f32>;
@group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@group(0) @binding(2) var<storage, read> decisions: array<Decision>;
@group(0) @binding(3) var<storage, read> upstream: array<f32>;
@group(0) @binding(4) var<storage, read_write> grad_features: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let weight = 2.0 * upstream[0] / SAMPLES;
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let i = place / D;
      let inverse = inverse_features[i];
      let shortfall = EPSILON * inverse * inverse;
      grad_features[place] += weight * decisions[i].all_slopes * shortfall * inverse * directions[place];
    }
  }
}
