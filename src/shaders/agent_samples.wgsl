// What an agent loss knows of every sample before it walks over the classes, for the samples whose own class is in one window:
// ‖f̂‖², the distance D_own to the agent a of the own class, and the reach of its negatives, margin (+ D_own with @if(triplet)).
//
// D_own is ‖f̂ − a‖² by the differences: a feature that lies next to its agent would lose its distance in ‖f̂‖² + ‖a‖² − 2·⟨f̂, a⟩.
//
// features          [SAMPLES, D]: f̂
// weights           [CLASSES, D]: the agents of one window of the classes, the first of which is number first_class
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// norms             [CLASSES] 1/‖w_j‖ with @if(normalise_weights)
// margin            one number
// samples           [SAMPLES] Sample; only those whose class is in the window are written
// Eight invocations a row: bandwidth bound.
import package::lib::agent_state::Sample;
import package::lib::row_sum::{row_lanes, rows_per_workgroup, row_sum};
import constants::{SAMPLES, CLASSES, ALL_CLASSES, D, GRID_X};

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@if(normalise_weights) @group(0) @binding(3) var<storage, read> norms: array<f32>;
@group(0) @binding(4) var<storage, read> margin: array<f32>;
@group(0) @binding(5) var<storage, read_write> samples: array<Sample>;
@group(0) @binding(6) var<storage, read> first_class: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * rows_per_workgroup + local / row_lanes;
  let i = min(row, u32(SAMPLES - 1));
  let first = u32(first_class[0]);
  let own = min(labels[i], u32(ALL_CLASSES - 1));
  let inside = row < SAMPLES && own >= first && own < first + CLASSES;
  let j = select(0u, own - first, inside);
  var norm = 1.0;
  @if(normalise_weights) { norm = norms[j]; }
  var distances = 0.0;
  var squares = 0.0;
  for (var k = local % row_lanes; k < D; k += row_lanes) {
    let feature = features[i * D + k];
    let difference = feature - norm * weights[j * D + k];
    distances += difference * difference;
    squares += feature * feature;
  }
  let distance = row_sum(distances, local);
  let square = row_sum(squares, local);
  if (inside && local % row_lanes == 0u) {
    var reach = margin[0];
    @if(triplet) { reach += distance; }
    samples[i] = Sample(distance, square, reach);
  }
}
