// Backward pass of an agent loss over one window of the classes: from products to their gradients,
//
//   g_ij = upstream/SAMPLES · H_ij · ∂D_ij/∂⟨f̂_i, w_j⟩,   ∂D/∂⟨f̂, w⟩ = −2 (/ ‖w‖ with @if(normalise_weights))
//
// with H = ∂(sum of entries)/∂D: the own slope of the sample's decision for its class, for others −slope·(the decision's factor).
//
// products          [SAMPLES, CLASSES]: ⟨f̂_i, w_j⟩ of one window of the classes, the first of which is number first_class
// norms             [CLASSES] as lib/agent_distance says
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// samples           [SAMPLES] of agent_samples
// decisions         [SAMPLES] Decision
// upstream          gradient of the loss, one number
// gradients         [SAMPLES, CLASSES]
// Element-wise: COUNT = SAMPLES·CLASSES.
import package::lib::agent_distance::squared_distance;
import package::lib::agent_entry::negative_entry;
import package::lib::agent_state::{Sample, Decision, all_classes};
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, SAMPLES, CLASSES, ALL_CLASSES};

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> samples: array<Sample>;
@group(0) @binding(4) var<storage, read> decisions: array<Decision>;
@group(0) @binding(5) var<storage, read> upstream: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(7) var<storage, read> first_class: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = u32(first_class[0]);
  for (var step = 0u; step < STEPS; step++) {
    let place = element(workgroup, local, step);
    if (place < COUNT) {
      let i = place / CLASSES;
      let j = place % CLASSES;
      let decision = decisions[i];
      let distance = squared_distance(products[place], samples[i].square, norms[j]);
      let entry = negative_entry(distance, samples[i].reach);
      let counts = decision.only == all_classes || decision.only == first + j;
      var slope = -entry.slope * select(0.0, decision.negatives, counts);
      if (first + j == min(labels[i], u32(ALL_CLASSES - 1))) { slope = decision.own_slope; }
      var factor = -2.0;
      @if(normalise_weights) { factor *= norms[j]; }
      gradients[place] = upstream[0] / SAMPLES * slope * factor;
    }
  }
}
