// Radial part of the gradient of features that are not normalised, for a softmax head with a margin. The own logit is
// s·‖f‖·t(c), so that beside what goes through the product ⟨f, w⟩ there is
//
//   ∂L/∂f_i += upstream/SAMPLES · s·(p_iy − 1)·(t(c) − c·t′(c)) · f_i/‖f_i‖
//
// features, grad_features  [SAMPLES, D], the latter added to
// inverse_features         [SAMPLES] 1/‖f_i‖
// scale                    s, used as max(s, FLOOR)
// states                   [SAMPLES] of the forward pass, which has the own cosine c
// upstream                 gradient of the loss, one number
// Element-wise: COUNT = SAMPLES·D.
import package::lib::elements::element;
import package::lib::margin::margined;
import package::lib::softmax_state::State;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, D, FLOOR};

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> inverse_features: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> states: array<State>;
@group(0) @binding(4) var<storage, read> upstream: array<f32>;
@group(0) @binding(5) var<storage, read_write> grad_features: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = max(scale[0], FLOOR);
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let i = place / D;
      let state = states[i];
      let own = margined(state.own_cosine, true);
      let p = exp(s * state.own - state.maximum) / state.sum;
      let radial = s * (p - 1.0) * (own.value - state.own_cosine * own.slope) * inverse_features[i];
      grad_features[place] += upstream[0] / SAMPLES * radial * features[place];
    }
  }
}
