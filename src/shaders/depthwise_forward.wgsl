// Depthwise convolution, a filter for each channel, and for stride 1 its input gradient, which is the same with the filter turned:
//
//   z[n, oh, ow, c] = bias[c] + Σ_{kh, kw} x[n, oh·S_h + kh − P_top, ow·S_w + kw − P_left, c] · w[kh, kw, c]
//
// x     [n, HEIGHT, WIDTH, channels]  (NHWC)
// w     [KERNEL_H, KERNEL_W, channels]; with @if(turned) tap (kh, kw) is stored at (KERNEL_H − 1 − kh, KERNEL_W − 1 − kw)
// bias  [channels], with @if(bias)
// y     [n, OUT_HEIGHT, OUT_WIDTH, channels]: z after the epilogue, lib/epilogue
// Nothing is shared between channels, so there is no matrix product: the kernel is bound by its loads. An invocation computes a strip
// of STRIP outputs along a row of one channel (four with @if(vec4_y): CHANNELS and COUNT count vectors); for each row of the kernel
// it loads the COLUMNS pixels under the strip and the KERNEL_W weights once. Neighbours have neighbouring channels.
import package::lib::elements::element;
import package::lib::epilogue::finish;
import package::lib::rolled::step_of;
import constants::{COUNT, WORKGROUP, STEPS, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH};
import constants::{KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT, STRIP, STRIPS, COLUMNS};

@if(vec4_y)  alias Value = vec4f;
@if(!vec4_y) alias Value = f32;

@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> w: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

fn weight(kh: i32, kw: i32, channel: u32) -> Value {
  @if(turned) { return w[u32((KERNEL_H - 1 - kh) * KERNEL_W + KERNEL_W - 1 - kw) * CHANNELS + channel]; }
  @else { return w[u32(kh * KERNEL_W + kw) * CHANNELS + channel]; }
}

fn convolve(i: u32) {
  let channel = i % CHANNELS;
  let first = i32(i / CHANNELS % STRIPS) * STRIP;
  let out_row = i32(i / (CHANNELS * STRIPS)); // of all images
  let top = out_row % OUT_HEIGHT * STRIDE_H - PAD_TOP;
  let left = first * STRIDE_W - PAD_LEFT;
  var sums: array<Value, STRIP>;
  for (var kh = max(0, -top); kh < min(KERNEL_H, HEIGHT - top); kh += i32(step_of(i))) {
    let row = (out_row / OUT_HEIGHT * HEIGHT + top + kh) * WIDTH;
    var pixels: array<Value, COLUMNS>;
    for (var q = 0; q < COLUMNS; q++) {
      let inside = left + q >= 0 && left + q < WIDTH;
      pixels[q] = select(Value(), x[u32(row + select(0, left + q, inside)) * CHANNELS + channel], inside);
    }
    for (var kw = 0; kw < KERNEL_W; kw++) {
      let tap = weight(kh, kw, channel);
      for (var p = 0; p < STRIP; p++) { sums[p] += pixels[p * STRIDE_W + kw] * tap; }
    }
  }
  for (var p = 0; p < STRIP; p++) {
    if (first + p >= OUT_WIDTH) { break; }
    let index = u32(out_row * OUT_WIDTH + first + p) * CHANNELS + channel;
    y[index] = finish(sums[p], channel, index);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { convolve(i); }
  }
}
