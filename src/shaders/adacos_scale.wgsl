// The scale that AdaCos takes from a batch (Zhang et al. 2019, equations 14 and 15), in place:
//
//   s ← max(log B / max(√½, c_med), FLOOR),   B = mean_i Σ_{k≠y_i} exp(s·cos θ_ik),   c_med = cos of the median of θ_{i,y_i}
//
// since cos(min(π/4, θ)) = max(√½, cos θ). Of the two angles in the middle of an even number the lower one is the median.
//
// states  [SAMPLES] of softmax_head_fold: maximum and sum of the other classes, cosine of the own class
// scale   one number
// One workgroup. The sums merge by a tree in fixed order. The median is found from its highest bit down: of keys that order like
// the cosines, the largest one that is not exceeded by too many others; whole numbers are counted, so the order does not matter.
import package::lib::softmax_state::{State, empty, merge};
import constants::{SAMPLES, FLOOR, WORKGROUP};

@group(0) @binding(0) var<storage, read> states: array<State>;
@group(0) @binding(1) var<storage, read_write> scale: f32;

var<workgroup> parts: array<State, WORKGROUP>;
var<workgroup> count: atomic<u32>;

const sign_bit = 0x80000000u;

// Order of unsigned numbers = order of the floats.
fn key_of(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits | sign_bit, ~bits, bits >= sign_bit);
}

fn float_of(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key ^ sign_bit, key >= sign_bit));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sums = empty();
  for (var i = local; i < SAMPLES; i += WORKGROUP) { sums = merge(sums, states[i]); }
  parts[local] = sums;
  for (var stride = u32(WORKGROUP) / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (local < stride) { parts[local] = merge(parts[local], parts[local + stride]); }
  }
  // The k-th largest cosine, k = ⌊(SAMPLES − 1)/2⌋ + 1, belongs to the k-th smallest angle.
  let above = u32(SAMPLES - 1) / 2u;
  var median = 0u;
  for (var bit = sign_bit; bit > 0u; bit >>= 1u) {
    let candidate = median | bit;
    if (local == 0u) { atomicStore(&count, 0u); }
    workgroupBarrier();
    var here = 0u;
    for (var i = local; i < SAMPLES; i += WORKGROUP) {
      if (key_of(states[i].own_cosine) >= candidate) { here++; }
    }
    atomicAdd(&count, here);
    workgroupBarrier();
    if (atomicLoad(&count) > above) { median = candidate; }
    workgroupBarrier();
  }
  if (local == 0u) {
    let log_mean = parts[0].maximum + log(parts[0].sum / SAMPLES);
    scale = max(log_mean / clamp(float_of(median), 0.70710678, 1.0), FLOOR);
  }
}
