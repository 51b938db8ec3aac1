// Bias corrections of Adam: c ← βc + (1 − β), which is 1 − βᵗ after t steps from 0.
//
// correction  (c₁, c₂)
// The recurrence is the moving average of Adam applied to ones: it lives on the device, so that a captured step counts itself,
// and it has no cancellation, which 1 − βᵗ in f32 suffers from in the first steps. One invocation.
import constants::{BETA1, BETA2, ONE_MINUS_BETA1, ONE_MINUS_BETA2};

@group(0) @binding(0) var<storage, read_write> correction: vec2f;

@compute @workgroup_size(1)
fn main() {
  correction = vec2f(BETA1, BETA2) * correction + vec2f(ONE_MINUS_BETA1, ONE_MINUS_BETA2);
}
