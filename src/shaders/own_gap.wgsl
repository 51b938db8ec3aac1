// 1 − ⟨f̂_i, a⟩ for the agent a of every sample's own class, for the samples whose own class is in one window. It is found from the
// difference of the two: a cosine next to 1 would lose the digits that the angle between them is made of.
//
//   1 − ⟨f̂, a⟩ = (‖f̂ − a‖² + (1 − ‖f̂‖²) + (1 − ‖a‖²))/2,   1 − ‖f̂‖² = ε/(‖f‖² + ε)
//
// with a = ŵ, for which the same holds as for f̂, with @if(normalise_weights), else a = w.
//
// features          [SAMPLES, D]: f̂
// weights           [CLASSES, D]: those of one window of the classes, the first of which is number first_class
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// inverse_features  [SAMPLES] 1/√(‖f‖² + EPSILON);  inverse_weights  [CLASSES] likewise
// own_gaps          [SAMPLES]; only those whose class is in the window are written
// Eight invocations a row: bandwidth bound.
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, CLASSES, ALL_CLASSES, D, EPSILON, GRID_X};

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> inverse_features: array<f32>;
@if(normalise_weights) @group(0) @binding(4) var<storage, read> inverse_weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> own_gaps: array<f32>;
@group(0) @binding(6) var<storage, read> first_class: array<f32>;

// 1 − ‖x̂‖²
fn shortfall(inverse: f32) -> f32 { return EPSILON * inverse * inverse; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  let first = u32(first_class[0]);
  let own = min(labels[i], u32(ALL_CLASSES - 1));
  let inside = row < SAMPLES && own >= first && own < first + CLASSES;
  let j = select(0u, own - first, inside);
  var inverse = 1.0;
  @if(normalise_weights) { inverse = inverse_weights[j]; }
  var distances = 0.0;
  var squares = 0.0;
  for (var k = local % row_lanes; k < D; k += row_lanes) {
    let weight = inverse * weights[j * D + k];
    let difference = features[i * D + k] - weight;
    distances += difference * difference;
    squares += weight * weight;
  }
  let distance = row_sum(distances, local);
  var weight_shortfall = 1.0 - row_sum(squares, local);
  @if(normalise_weights) { weight_shortfall = shortfall(inverse); }
  if (inside && local % row_lanes == 0u) {
    own_gaps[i] = 0.5 * (distance + shortfall(inverse_features[i]) + weight_shortfall);
  }
}
