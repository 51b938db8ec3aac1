// Average pooling: y[n, r, q, c] = (Σ of x over the part of a window inside the image) / divisor.
//
// x  [n, HEIGHT, WIDTH, CHANNELS]
// y  [n, OUT_HEIGHT, OUT_WIDTH, CHANNELS], SIZE elements
// The window of output (r, q) starts at row r·STRIDE_H − PAD_H, column q·STRIDE_W − PAD_W. The divisor counts its pixels on the
// image and on the padding, but not those that hang over the padding (as Caffe does).
// One invocation an output; the lanes of a subgroup read neighbouring channels of one pixel.
import package::lib::linear::linear_index;
import package::lib::pool::pool_divisor;
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
  var sum = 0.0;
  for (var a = 0u; a < KERNEL_H; a++) {
    let source_row = row * STRIDE_H + a - PAD_H; // wraps above the image
    if (source_row >= HEIGHT) { continue; }
    for (var b = 0u; b < KERNEL_W; b++) {
      let source_column = column * STRIDE_W + b - PAD_W;
      if (source_column >= WIDTH) { continue; }
      sum += x[((image * HEIGHT + source_row) * WIDTH + source_column) * CHANNELS + channel];
    }
  }
  y[i] = sum / pool_divisor(row, column);
}
