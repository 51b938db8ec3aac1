// Max pooling: y[n, r, q, c] = max of x[n, r·STRIDE_H − PAD_H + i, q·STRIDE_W − PAD_W + j, c] over 0 ≤ i < KERNEL_H,
// 0 ≤ j < KERNEL_W inside the image.
//
// x  [n, HEIGHT, WIDTH, CHANNELS]
// y  [n, OUT_HEIGHT, OUT_WIDTH, CHANNELS], SIZE elements
// One invocation an output; the lanes of a subgroup read neighbouring channels of one pixel. A coordinate outside the image is
// clamped to its edge: every window holds part of the image, so the edge belongs to the window and the maximum stays the same.
import package::lib::linear::linear_index;
import constants::{SIZE, WORKGROUP, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_index(workgroup, local);
  if (i >= SIZE) { return; }
  let channel = i % CHANNELS;
  let column = i / CHANNELS % OUT_WIDTH;
  let row = i / (CHANNELS * OUT_WIDTH) % OUT_HEIGHT;
  let image = i / (CHANNELS * OUT_WIDTH * OUT_HEIGHT);
  var best = 0.0;
  for (var a = 0u; a < KERNEL_H; a++) {
    let source_row = u32(clamp(i32(row * STRIDE_H + a) - PAD_H, 0, HEIGHT - 1));
    for (var b = 0u; b < KERNEL_W; b++) {
      let source_column = u32(clamp(i32(column * STRIDE_W + b) - PAD_W, 0, WIDTH - 1));
      let value = x[((image * HEIGHT + source_row) * WIDTH + source_column) * CHANNELS + channel];
      if (value > best || (a == 0u && b == 0u)) { best = value; }
    }
  }
  y[i] = best;
}
