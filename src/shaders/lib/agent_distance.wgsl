// Squared distance between a normalised feature and an agent, from their product ⟨f̂, w⟩:
//
//   D = ‖f̂‖² + ‖ŵ‖² − 2·⟨f̂, ŵ⟩,  ‖ŵ‖² = 1 − ε/(‖w‖² + ε)    with @if(normalise_weights), else ‖f̂‖² + ‖w‖² − 2·⟨f̂, w⟩
//
// Vectors shorter than √ε do not reach the unit sphere (ε is inside the root of the norm).
//
// feature_square  ‖f̂‖²
// norm            1/√(‖w‖² + EPSILON) with @if(normalise_weights), else ‖w‖²
import constants::EPSILON;

fn squared_distance(product: f32, feature_square: f32, norm: f32) -> f32 {
  @if(normalise_weights) { return feature_square + (1.0 - EPSILON * norm * norm) - 2.0 * product * norm; }
  @else { return feature_square + norm - 2.0 * product; }
}
