// End of the forward pass of C-contrastive (NormFace equation 10): loss, statistics, and what the gradient needs of every sample.
//
//   loss = Σ_i (positive_i + negatives_i) / SAMPLES,   positive_i = POSITIVE_WEIGHT·min(OUTLIER, max(0, D_i − POSITIVE_MARGIN))
//
// states         [SAMPLES] of agent_fold, over all classes
// samples        [SAMPLES] of agent_samples, with D_i
// labels         [SAMPLES]
// decisions      [SAMPLES]
// loss           one number
// statistics     mean cosine to the own agent and to the others (1 − D/2), mean negative entry of a (sample, class), mean positive
// running        with @if(adaptive) the running mean of the positives: 0.99 of it and 0.01 of this batch
//
// The negatives of a sample: all of them, the largest with @if(largest_negative), none with @if(positive_first) where D_i > BOUND.
// The positives: all of them, or one of the batch with @if(one_positive), the largest.
// With @if(caffe) the quirks of the author's layer instead of the gradient of this loss: no positive slope from D = OUTLIER on, and
// the full one where negatives are dropped; the one positive is the smallest; the search for the largest negative starts at class 0
// even where that is the own class; with @if(limit) all negative slopes are divided by q = Σ slopes/(LIMIT·SAMPLES) where
// q > POSITIVE_WEIGHT.
// One workgroup; the sums are taken in a fixed order.
import package::lib::agent_entry::slope_of;
import package::lib::agent_state::{Sample, State, Decision, all_classes};
import package::lib::nan::unless_nan;
import constants::{SAMPLES, ALL_CLASSES, POSITIVE_WEIGHT, POSITIVE_MARGIN, OUTLIER, BOUND, LIMIT, WORKGROUP};

@group(0) @binding(0) var<storage, read> states: array<State>;
@group(0) @binding(1) var<storage, read> samples: array<Sample>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> decisions: array<Decision>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;
@if(adaptive) @group(0) @binding(6) var<storage, read_write> running: array<f32>;

struct Sums {
  positives: f32,
  negatives: f32,
  slopes: f32,
  own: f32,
  others: f32,
  // Entry and index of the only positive that counts, with @if(one_positive).
  chosen: f32,
  sample: u32,
}

var<workgroup> parts: array<Sums, WORKGROUP>;

fn merge(a: Sums, b: Sums) -> Sums {
  @if(caffe) let better = b.chosen < a.chosen;
  @else let better = b.chosen > a.chosen;
  let takes_b = a.sample == 0xffffffffu || (b.sample != 0xffffffffu && (better || (b.chosen == a.chosen && b.sample < a.sample)));
  return Sums(
    a.positives + b.positives, a.negatives + b.negatives, a.slopes + b.slopes, a.own + b.own, a.others + b.others,
    select(a.chosen, b.chosen, takes_b), select(a.sample, b.sample, takes_b),
  );
}

fn positive_entry(distance: f32) -> f32 {
  return POSITIVE_WEIGHT * min(f32(OUTLIER), max(0.0, distance - POSITIVE_MARGIN));
}

fn drops_negatives(distance: f32) -> bool {
  @if(positive_first) { return distance > BOUND; }
  @else { return false; }
}

fn positive_slope(distance: f32) -> f32 {
  @if(caffe) {
    if (drops_negatives(distance)) { return POSITIVE_WEIGHT; }
    return select(0.0, f32(POSITIVE_WEIGHT), distance > POSITIVE_MARGIN && distance < OUTLIER);
  }
  @else {
    let rise = distance - POSITIVE_MARGIN;
    return select(0.0, f32(POSITIVE_WEIGHT), rise > 0.0 && rise < OUTLIER);
  }
}

// Sum of the negative entries of a sample that count, and of their slopes; whether only the largest does.
fn negatives_of(i: u32) -> vec2f {
  let state = states[i];
  if (drops_negatives(samples[i].own_distance)) { return vec2f(); }
  @if(largest_negative) {
    @if(caffe) {
      if (labels[i] == 0u && positive_entry(samples[i].own_distance) >= state.largest) { return vec2f(); }
    }
    return vec2f(state.largest, slope_of(state.largest));
  }
  @else { return vec2f(state.entries, state.slopes); }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sums = Sums(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0xffffffffu);
  for (var i = local; i < SAMPLES; i += WORKGROUP) {
    let distance = samples[i].own_distance;
    let positive = positive_entry(distance);
    let negatives = negatives_of(i);
    sums = merge(sums, Sums(positive, negatives.x, negatives.y, distance, states[i].distances, positive, i));
  }
  parts[local] = sums;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] = merge(parts[local], parts[local + stride]); }
  }
  workgroupBarrier();
  let total = parts[0];
  var positives = total.positives;
  @if(one_positive) { positives = total.chosen; }
  var quotient = 1.0;
  @if(limit) {
    let q = total.slopes / (LIMIT * SAMPLES);
    quotient = select(1.0, q, q > POSITIVE_WEIGHT);
  }
  for (var i = local; i < SAMPLES; i += WORKGROUP) {
    let slopes = negatives_of(i).y;
    var own_slope = positive_slope(samples[i].own_distance);
    @if(one_positive) { if (i != total.sample) { own_slope = 0.0; } }
    var decision = Decision(own_slope, select(0.0, 1.0 / quotient, slopes > 0.0), all_classes, own_slope - slopes / quotient);
    @if(largest_negative) { decision.only = states[i].nearest; }
    decisions[i] = decision;
  }
  if (local == 0u) {
    let others = max(1.0, SAMPLES * (ALL_CLASSES - 1.0));
    loss[0] = unless_nan((positives + total.negatives) / SAMPLES, total.own + total.others);
    statistics[0] = 1.0 - 0.5 * total.own / SAMPLES;
    statistics[1] = 1.0 - 0.5 * total.others / others;
    statistics[2] = total.negatives / others;
    statistics[3] = positives / SAMPLES;
    @if(adaptive) { running[0] = 0.99 * running[0] + 0.01 * positives / SAMPLES; }
  }
}
