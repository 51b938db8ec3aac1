// Gradient of average pooling: dx at a pixel is the sum of dy / divisor over the windows that hold it.
//
// dy  [n, OUT_HEIGHT, OUT_WIDTH, channels]
// dx  [n, HEIGHT, WIDTH, channels]
// Along one direction the windows that may hold padded row p are number ⌊p / STRIDE⌋ and the ⌈KERNEL / STRIDE⌉ − 1 = WINDOWS − 1
// before it; each element of dx gathers from them in a fixed order.
// Element-wise over dx. With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors.
import package::lib::elements::element;
import package::lib::pool::pool_divisor;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};
import constants::{WINDOWS_H, WINDOWS_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> dy: array<Value>;
@group(0) @binding(1) var<storage, read_write> dx: array<Value>;

fn gather(i: u32) -> Value {
  let channel = i % CHANNELS;
  let padded_column = i / CHANNELS % WIDTH + PAD_W;
  let padded_row = i / (CHANNELS * WIDTH) % HEIGHT + PAD_H;
  let image = i / (CHANNELS * WIDTH * HEIGHT);
  var sum = Value();
  for (var a = 0u; a < WINDOWS_H; a++) {
    let row = padded_row / STRIDE_H - a; // wraps before the first window
    if (row >= OUT_HEIGHT || padded_row - row * STRIDE_H >= KERNEL_H) { continue; }
    for (var b = 0u; b < WINDOWS_W; b++) {
      let column = padded_column / STRIDE_W - b;
      if (column >= OUT_WIDTH || padded_column - column * STRIDE_W >= KERNEL_W) { continue; }
      sum += dy[((image * OUT_HEIGHT + row) * OUT_WIDTH + column) * CHANNELS + channel] / pool_divisor(row, column);
    }
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { dx[i] = gather(i); }
  }
}
