// End of the forward pass of C-triplet (NormFace equation 11): loss, statistics, and what the gradient needs of every sample.
//
//   loss = Σ_i weight_i·(Σ_k h_ik + center_i) / SAMPLES,   center_i = POSITIVE_WEIGHT·D_i with @if(center), else 0
//
// states          [SAMPLES] of agent_fold, over all classes: the entries h_ik
// samples         [SAMPLES] of agent_samples, with D_i
// sample_weights  [SAMPLES] with @if(weighted)
// decisions       [SAMPLES]
// loss            one number
// statistics      mean cosine to the own agent and to the others (1 − D/2), mean entry of a (sample, class), mean D_i
//
// The negatives of a sample: all of them, the one with the largest entry with @if(hardest), none with @if(positive_first) where
// D_i > BOUND; such a sample is pulled to its agent as with @if(center).
// With @if(caffe) as the author's layer: the loss has no center term and no weights, the pull to the own agent is POSITIVE_WEIGHT
// once however many negatives are active, with @if(center) always.
// One workgroup; the sums are taken in a fixed order.
import package::lib::agent_entry::slope_of;
import package::lib::agent_state::{Sample, State, Decision, all_classes};
import package::lib::nan::unless_nan;
import constants::{SAMPLES, ALL_CLASSES, POSITIVE_WEIGHT, BOUND, WORKGROUP};

@group(0) @binding(0) var<storage, read> states: array<State>;
@group(0) @binding(1) var<storage, read> samples: array<Sample>;
@if(weighted) @group(0) @binding(2) var<storage, read> sample_weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> decisions: array<Decision>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;

// loss, entries, own distance, other distances
var<workgroup> parts: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sums = vec4f();
  for (var i = local; i < SAMPLES; i += WORKGROUP) {
    let state = states[i];
    let distance = samples[i].own_distance;
    var drops = false;
    @if(positive_first) { drops = distance > BOUND; }
    var pulls = drops;
    @if(center) { pulls = true; }

    var entries = state.entries;
    var slopes = state.slopes;
    var only = all_classes;
    @if(hardest) {
      entries = state.largest;
      slopes = slope_of(state.largest);
      only = state.nearest;
    }
    if (drops) {
      entries = 0.0;
      slopes = 0.0;
    }
    var weight = 1.0;
    @if(weighted) { weight = sample_weights[i]; }
    let center = select(0.0, f32(POSITIVE_WEIGHT), pulls);
    @if(caffe) let value = entries;
    @else let value = weight * (entries + center * distance);
    @if(caffe) let pull = select(center, f32(POSITIVE_WEIGHT), slopes > 0.0);
    @else let pull = center + slopes;
    decisions[i] = Decision(weight * pull, select(0.0, weight, slopes > 0.0), only, weight * (pull - slopes));
    sums += vec4f(value, entries, distance, state.distances);
  }
  parts[local] = sums;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] += parts[local + stride]; }
  }
  if (local == 0u) {
    let total = parts[0];
    let others = max(1.0, SAMPLES * (ALL_CLASSES - 1.0));
    loss[0] = unless_nan(total.x / SAMPLES, total.z + total.w);
    statistics[0] = 1.0 - 0.5 * total.z / SAMPLES;
    statistics[1] = 1.0 - 0.5 * total.w / others;
    statistics[2] = total.y / others;
    statistics[3] = total.z / SAMPLES;
  }
}
