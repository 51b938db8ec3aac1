// One step of Adam over a flat array of parameters (Kingma & Ba, 2015), and of AdamW (Loshchilov & Hutter, 2019) with @if(decoupled):
//   g' = c·g + decay·w (AdamW: c·g),   m ← β₁m + (1 − β₁)g',   v ← β₂v + (1 − β₂)g'²
//   w ← w − lr·lr_mult·( (m / c₁) / (√(v / c₂) + ε) [AdamW: + decay·w] ),   decay = DECAY·decay_mult
// with the clipping factor c = 1 unless @if(clip).
//
// gradient, first, second, weight  COUNT vectors of 4 numbers; first = m, second = v
// multipliers                      (lr_mult, decay_mult) of each block of 16 vectors
// learning_rate                    lr; read from memory so that a captured step follows a schedule
// correction                       (c₁, c₂) from adam_correction, 1 − βᵗ after t steps
// clipping                         (c, norm)
// Where lr_mult is 0 nothing is written: frozen parameters keep their bits.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, BETA1, BETA2, ONE_MINUS_BETA1, ONE_MINUS_BETA2, EPSILON, DECAY};

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> multipliers: array<vec2f>;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read> correction: vec2f;
@group(0) @binding(4) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> second: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> weight: array<vec4f>;
@if(clip) @group(0) @binding(7) var<storage, read> clipping: vec2f;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let rate = learning_rate;
  let unbias = 1.0 / correction;
  @if(clip) let factor = clipping.x;
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i >= COUNT) { return; }
    let multiplier = multipliers[i / 16u];
    if (multiplier.x == 0.0) { continue; }
    let w = weight[i];
    let decay = DECAY * multiplier.y * w;
    @if(clip) let raw = factor * gradient[i];
    @else let raw = gradient[i];
    @if(decoupled) let g = raw;
    @else let g = raw + decay;
    let m = BETA1 * first[i] + ONE_MINUS_BETA1 * g;
    let v = BETA2 * second[i] + ONE_MINUS_BETA2 * g * g;
    let direction = m * unbias.x / (sqrt(v * unbias.y) + EPSILON);
    first[i] = m;
    second[i] = v;
    @if(decoupled) weight[i] = w - rate * multiplier.x * (direction + decay);
    @else weight[i] = w - rate * multiplier.x * direction;
  }
}
