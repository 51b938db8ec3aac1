// Forward pass of an agent loss over one window of the classes: folds the negative entries of every sample into its state.
//
// products          [SAMPLES, CLASSES]: ⟨f̂_i, w_j⟩ of one window of the classes, the first of which is number first_class
// norms             [CLASSES] as lib/agent_distance says
// first_class       one number: not compiled in, so that all windows share a kernel
// labels            [SAMPLES], a larger one counts as the last class
// samples           [SAMPLES] of agent_samples
// states            [SAMPLES] State; the windows before this one are in it already, unless @if(first)
// One workgroup a sample: each invocation folds every WORKGROUP-th class, then a tree merges the invocations in fixed order.
import package::lib::agent_distance::squared_distance;
import package::lib::agent_entry::negative_entry;
import package::lib::agent_state::{Sample, State, empty, merge};
import constants::{SAMPLES, CLASSES, ALL_CLASSES, WORKGROUP, GRID_X};

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> samples: array<Sample>;
@group(0) @binding(4) var<storage, read_write> states: array<State>;
@group(0) @binding(5) var<storage, read> first_class: array<f32>;

var<workgroup> parts: array<State, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y * GRID_X + workgroup.x;
  let i = min(row, u32(SAMPLES - 1));
  let first = u32(first_class[0]);
  let own = min(labels[i], u32(ALL_CLASSES - 1));
  let sample = samples[i];
  var state = empty();
  for (var j = local; j < CLASSES; j += WORKGROUP) {
    if (first + j == own) { continue; }
    let distance = squared_distance(products[i * CLASSES + j], sample.square, norms[j]);
    let entry = negative_entry(distance, sample.reach);
    let here = State(distance, entry.value, entry.slope, entry.value, first + j);
    state = merge(state, here);
  }
  parts[local] = state;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] = merge(parts[local], parts[local + stride]); }
  }
  if (local == 0u && row < SAMPLES) {
    @if(first) states[i] = parts[0];
    @else states[i] = merge(states[i], parts[0]);
  }
}
