// Last step of the input gradient of a 2-D convolution with few input channels: the share of every tap in every output pixel,
// a plain matrix product of dy and the weights, is added up where the tap met the input ("col2im"):
//
//   dx[n, ih, iw, c] = Σ_{kh, kw} shares[n, oh, ow, kh, kw, c],   oh·S_h = ih + P_top − kh·D_h,  ow likewise
//
// shares  [n, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, channels]
// dx      [n, HEIGHT, WIDTH, channels]
// Element-wise over dx, which gathers in the order of the taps: no atomics, the same bits every time. Neighbours read numbers that
// are a pixel's shares apart, so every cache line is used up by the time its neighbourhood is done.
// With @if(vec4) channels go by vec4f; COUNT and CHANNELS count vectors. With @if(rolled) the taps stay a loop (lib/rolled).
import package::lib::elements::element;
import package::lib::rolled::step_of;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W};
import constants::{PAD_TOP, PAD_LEFT, DILATION_H, DILATION_W};

@if(vec4) alias Value = vec4f;
@else alias Value = f32;

@group(0) @binding(0) var<storage, read> shares: array<Value>;
@group(0) @binding(1) var<storage, read_write> dx: array<Value>;

fn gather(i: u32) -> Value {
  let channel = i % CHANNELS;
  let padded_column = i / CHANNELS % WIDTH + PAD_LEFT;
  let padded_row = i / (CHANNELS * WIDTH) % HEIGHT + PAD_TOP;
  let image = i / (CHANNELS * WIDTH * HEIGHT);
  let step = step_of(i);
  var sum = Value();
  for (var kh = 0u; kh < KERNEL_H; kh += step) {
    // Wraps around, far beyond the last row, where the tap lies above the first one.
    let above = padded_row - kh * DILATION_H;
    let oh = above / STRIDE_H;
    if (above % STRIDE_H != 0 || oh >= OUT_HEIGHT) { continue; }
    for (var kw = 0u; kw < KERNEL_W; kw += step) {
      let left = padded_column - kw * DILATION_W;
      let ow = left / STRIDE_W;
      if (left % STRIDE_W != 0 || ow >= OUT_WIDTH) { continue; }
      let pixel = (image * OUT_HEIGHT + oh) * OUT_WIDTH + ow;
      sum += shares[((pixel * KERNEL_H + kh) * KERNEL_W + kw) * CHANNELS + channel];
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
