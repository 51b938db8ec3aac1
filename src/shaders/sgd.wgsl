// One step of stochastic gradient descent with momentum over a flat array of parameters, as Caffe's solver takes it:
//   U = lr·lr_mult·(c·g + DECAY·decay_mult·w),   V ← MOMENTUM·V + U,   w ← w − V, or with @if(nesterov) w ← w − (MOMENTUM·V + U)
// with the clipping factor c = 1 unless @if(clip). Nesterov's step is that of Sutskever et al. 2013 ("On the importance of initialization
// and momentum in deep learning", section 2) for weights that stand where the next gradient is taken.
//
// gradient, velocity, weight  COUNT vectors of 4 numbers
// multipliers                 (lr_mult, decay_mult) of each block of 16 vectors
// learning_rate               lr; read from memory so that a captured step follows a schedule
// clipping                    (c, norm)
// Every array is read and written once, and the multipliers of a block are the same for all its lanes.
// Where lr_mult is 0 nothing is written, so that frozen parameters keep their bits whatever the gradient holds.
import package::lib::elements::element;
import constants::{COUNT, WORKGROUP, STEPS, MOMENTUM, DECAY};

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> multipliers: array<vec2f>;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> weight: array<vec4f>;
@if(clip) @group(0) @binding(5) var<storage, read> clipping: vec2f;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let rate = learning_rate;
  @if(clip) let factor = clipping.x;
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i >= COUNT) { return; }
    let multiplier = multipliers[i / 16u];
    if (multiplier.x == 0.0) { continue; }
    @if(clip) let g = factor * gradient[i];
    @else let g = gradient[i];
    let w = weight[i];
    let u = rate * multiplier.x * (g + DECAY * multiplier.y * w);
    let v = MOMENTUM * velocity[i] + u;
    velocity[i] = v;
    @if(nesterov) weight[i] = w - (MOMENTUM * v + u);
    @else weight[i] = w - v;
  }
}
