// Operands of a 2-D convolution as an implicit matrix product, C = A·B with a row a pixel and a column an output channel:
//
//   z[n, oh, ow, co] = bias[co] + Σ_{kh, kw, ci} x[n, oh·S_h + kh·D_h − P_top, ow·S_w + kw·D_w − P_left, ci] · w[kh, kw, ci, co]
//
// x     [BATCH, HEIGHT, WIDTH, CHANNELS]  (NHWC)
// w     [KERNEL_H, KERNEL_W, GROUP_IN, OUT_CHANNELS]  (HWIO)
// bias  [OUT_CHANNELS], with @if(bias)
// y     [BATCH, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS]: z after the epilogue, lib/epilogue
// The tile walk (package::tile_product) calls these functions. Outer step = one tap (kh, kw), inner = its input channels: the
// position of a pixel is decoded once a tap, then channels are contiguous in both x (along k) and w (along columns). z = group.
// With @if(vec4_x), @if(vec4_w), @if(vec4_y) the channels of that array are read as vec4f.
import package::lib::epilogue::finish;
import constants::{BATCH, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS};
import constants::{KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT, DILATION_H, DILATION_W, GROUP_IN, GROUP_OUT};

@if(vec4_x) @group(0) @binding(0) var<storage, read> x: array<vec4f>;
@else       @group(0) @binding(0) var<storage, read> x: array<f32>;
@if(vec4_w) @group(0) @binding(1) var<storage, read> w: array<vec4f>;
@else       @group(0) @binding(1) var<storage, read> w: array<f32>;
@if(vec4_y) @group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@else       @group(0) @binding(2) var<storage, read_write> y: array<f32>;

// Index of channel 0 of this group under the tap, for four output pixels; meaningless where not inside.
struct StateA { base: vec4u, inside: vec4<bool> }
struct StateB { base: u32, inside: bool, columns: u32 }

fn enter_a(row: u32, outer: u32, z: u32) -> StateA {
  let kh = outer / KERNEL_W;
  let kw = outer % KERNEL_W;
  var state: StateA;
  for (var i = 0u; i < 4u; i++) {
    let pixel = row + i;
    let n = pixel / (OUT_HEIGHT * OUT_WIDTH);
    let oh = pixel / OUT_WIDTH % OUT_HEIGHT;
    let ow = pixel % OUT_WIDTH;
    // Unsigned: a negative position wraps around and fails the test against the extent.
    let ih = oh * STRIDE_H + kh * DILATION_H - PAD_TOP;
    let iw = ow * STRIDE_W + kw * DILATION_W - PAD_LEFT;
    state.inside[i] = n < BATCH && ih < HEIGHT && iw < WIDTH;
    state.base[i] = select(0u, ((n * HEIGHT + ih) * WIDTH + iw) * CHANNELS + z * GROUP_IN, state.inside[i]);
  }
  return state;
}

fn enter_b(column: u32, outer: u32, z: u32) -> StateB {
  let inside = column < GROUP_OUT;
  let base = outer * GROUP_IN * OUT_CHANNELS + z * GROUP_OUT + column;
  return StateB(select(0u, base, inside), inside, GROUP_OUT - min(column, GROUP_OUT));
}

fn inner_end(outer: u32, z: u32) -> u32 { return GROUP_IN; }

fn load_a(state: StateA, k: u32) -> mat4x4f {
  var block: mat4x4f;
  for (var i = 0u; i < 4u; i++) {
    @if(vec4_x) {
      let inside = state.inside[i] && k < GROUP_IN;
      block[i] = select(vec4f(), x[select(0u, (state.base[i] + k) / 4u, inside)], inside);
    }
    @else {
      for (var j = 0u; j < 4u; j++) {
        let inside = state.inside[i] && k + j < GROUP_IN;
        block[i][j] = select(0.0, x[select(0u, state.base[i] + k + j, inside)], inside);
      }
    }
  }
  return block;
}

fn load_b(state: StateB, k: u32) -> mat4x4f {
  var block: mat4x4f;
  for (var j = 0u; j < 4u; j++) {
    let index = state.base + (k + j) * OUT_CHANNELS;
    @if(vec4_w) {
      let inside = state.inside && k + j < GROUP_IN;
      block[j] = select(vec4f(), w[select(0u, index / 4u, inside)], inside);
    }
    @else {
      for (var i = 0u; i < 4u; i++) {
        let inside = i < state.columns && k + j < GROUP_IN;
        block[j][i] = select(0.0, w[select(0u, index + i, inside)], inside);
      }
    }
  }
  return block;
}

fn store(row: u32, column: u32, z: u32, value: vec4f) {
  if (row >= BATCH * OUT_HEIGHT * OUT_WIDTH || column >= GROUP_OUT) { return; }
  let channel = z * GROUP_OUT + column;
  let index = row * OUT_CHANNELS + channel;
  @if(vec4_y) { y[index / 4u] = finish(value, channel / 4u, index / 4u); }
  @else {
    for (var i = 0u; i < 4u; i++) {
      if (column + i < GROUP_OUT) { y[index + i] = finish(value[i], channel + i, index + i); }
    }
  }
}
