// Max pooling: y[n, r, q, c] = max of x[n, r·STRIDE_H − PAD_H + a, q·STRIDE_W − PAD_W + b, c] over 0 ≤ a < KERNEL_H,
// 0 ≤ b < KERNEL_W inside the image. A NaN passes through.
//
// x  [n, HEIGHT, WIDTH, channels]
// y  [n, OUT_HEIGHT, OUT_WIDTH, channels]
// Element-wise over y, so that neighbours read neighbouring channels of one pixel. With @if(vec4) channels go by vec4f; COUNT
// and CHANNELS count vectors. A column outside the image is clamped to its edge: every window holds part of the image, so the
// edge belongs to the window and the maximum stays the same. Only the inner loop has constant bounds: drivers unroll such loops,
// and compile for seconds where both of a large window unroll.
import package::lib::elements::element;
import package::lib::nan::exceeds;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;

fn window_maximum(i: u32) -> Value {
  let channel = i % CHANNELS;
  let column = i / CHANNELS % OUT_WIDTH;
  let row = i / (CHANNELS * OUT_WIDTH) % OUT_HEIGHT;
  let image = i / (CHANNELS * OUT_WIDTH * OUT_HEIGHT);
  let top = max(row * STRIDE_H, u32(PAD_H)) - PAD_H;
  let bottom = min(row * STRIDE_H + KERNEL_H - PAD_H, u32(HEIGHT));
  var best = Value();
  for (var source_row = top; source_row < bottom; source_row++) {
    for (var b = 0u; b < KERNEL_W; b++) {
      let source_column = u32(clamp(i32(column * STRIDE_W + b) - PAD_W, 0, WIDTH - 1));
      let value = x[((image * HEIGHT + source_row) * WIDTH + source_column) * CHANNELS + channel];
      if (source_row == top && b == 0u) { best = value; }
      best = select(best, value, exceeds(value, best));
    }
  }
  return best;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { y[i] = window_maximum(i); }
  }
}
