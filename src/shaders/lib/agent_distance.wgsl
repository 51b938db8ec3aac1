// Squared distance between a feature on the unit sphere and an agent, from their product:
//
//   D = 2 − 2·⟨f, w⟩/(‖f‖ ‖w‖) with @if(normalise_weights), else 1 + ‖w‖² − 2·⟨f, w⟩/‖f‖
fn squared_distance(product: f32, inverse_feature: f32, inverse_weight: f32) -> f32 {
  @if(normalise_weights) { return 2.0 - 2.0 * product * inverse_feature * inverse_weight; }
  @else { return 1.0 + 1.0 / (inverse_weight * inverse_weight) - 2.0 * product * inverse_feature; }
}
