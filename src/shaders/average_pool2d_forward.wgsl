// Average pooling: y[n, r, q, c] = (Σ of x over the part of a window inside the image) / divisor.
//
// x  [n, HEIGHT, WIDTH, channels]
// y  [n, OUT_HEIGHT, OUT_WIDTH, channels]
// The window of output (r, q) starts at row r·STRIDE_H − PAD_H, column q·STRIDE_W − PAD_W. The divisor counts its pixels on the
// image and, with @if(count_padding), on the padding, but not those that hang over the padding (as Caffe does).
// Element-wise over y, so that neighbours read neighbouring channels of one pixel. With @if(vec4) channels go by vec4f; COUNT
// and CHANNELS count vectors.
import package::lib::elements::element;
import package::lib::pool::pool_divisor;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_H, PAD_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<Value>;

fn window_mean(i: u32) -> Value {
  let channel = i % CHANNELS;
  let column = i / CHANNELS % OUT_WIDTH;
  let row = i / (CHANNELS * OUT_WIDTH) % OUT_HEIGHT;
  let image = i / (CHANNELS * OUT_WIDTH * OUT_HEIGHT);
  let top = max(row * STRIDE_H, u32(PAD_H)) - PAD_H;
  let bottom = min(row * STRIDE_H + KERNEL_H - PAD_H, u32(HEIGHT));
  var sum = Value();
  for (var source_row = top; source_row < bottom; source_row++) {
    for (var b = 0u; b < KERNEL_W; b++) {
      let source_column = column * STRIDE_W + b - PAD_W; // wraps left of the image
      if (source_column >= WIDTH) { continue; }
      sum += x[((image * HEIGHT + source_row) * WIDTH + source_column) * CHANNELS + channel];
    }
  }
  return sum / pool_divisor(row, column);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { y[i] = window_mean(i); }
  }
}
