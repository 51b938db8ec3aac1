// One step of stochastic gradient descent with momentum over a flat array of parameters, as Caffe's solver takes it:
//   V ← MOMENTUM·V + lr·lr_mult·(c·g + DECAY·decay_mult·w),   w ← w − V
// with the clipping factor c = 1 unless @if(clip).
//
// gradient, velocity, weight  SIZE vectors of 4 numbers
// multipliers                 (lr_mult, decay_mult) of each block of 16 vectors
// learning_rate               lr; read from memory so that a captured step follows a schedule
// clipping                    (c, norm)
// One invocation a vector: the array is read and written once, and a block's multipliers are the same for all its lanes.
// Where lr_mult is 0 nothing is written, so that frozen parameters keep their bits whatever the gradient holds.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, GRID_X, MOMENTUM, DECAY};

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> multipliers: array<vec2f>;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> weight: array<vec4f>;
@if(clip) @group(0) @binding(5) var<storage, read> clipping: vec2f;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let multiplier = multipliers[i / 16u];
  if (multiplier.x == 0.0) { return; }
  @if(clip) let g = clipping.x * gradient[i];
  @else let g = gradient[i];
  let w = weight[i];
  let v = MOMENTUM * velocity[i] + learning_rate * multiplier.x * (g + DECAY * multiplier.y * w);
  velocity[i] = v;
  weight[i] = w - v;
}
