// Operands of the input gradient of a 2-D convolution as an implicit matrix product, a row an input pixel, a column an input
// channel, gathering from the output pixels that the input pixel contributed to:
//
//   dx[n, ih, iw, ci] = Σ_{kh, kw, co} dy[n, oh, ow, co] · w[kh, kw, ci, co],   oh·S_h = ih + P_top − kh·D_h,  ow likewise
//
// dy  [BATCH, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS]
// w   [KERNEL_H, KERNEL_W, GROUP_IN, OUT_CHANNELS]
// dx  [BATCH, HEIGHT, WIDTH, CHANNELS]
// The division by the stride is exact only for some taps, the same ones for all pixels with equal (ih + P_top) mod S_h and
// (iw + P_left) mod S_w. So the rows of C are sorted by this phase: z = group · phases + phase, and a tile skips the taps that
// its phase never meets, instead of multiplying by zero. Outer step = one tap, inner = its output channels, contiguous in both
// arrays. With @if(vec4_k), @if(vec4_dx) they, or the channels of dx, go by vec4f.
import constants::{BATCH, HEIGHT, WIDTH, CHANNELS, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS};
import constants::{KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT, DILATION_H, DILATION_W, GROUP_IN, GROUP_OUT};

@if(vec4_k)  @group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@else        @group(0) @binding(0) var<storage, read> dy: array<f32>;
@if(vec4_k)  @group(0) @binding(1) var<storage, read> w: array<vec4f>;
@else        @group(0) @binding(1) var<storage, read> w: array<f32>;
@if(vec4_dx) @group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@else        @group(0) @binding(2) var<storage, read_write> dx: array<f32>;

struct StateA { base: vec4u, inside: vec4<bool> }
struct StateB { base: u32, columns: u32 }

const phases = u32(STRIDE_H * STRIDE_W);
// Pixels of one phase along each axis, at most.
const phase_height = u32((HEIGHT + STRIDE_H - 1) / STRIDE_H);
const phase_width = u32((WIDTH + STRIDE_W - 1) / STRIDE_W);

struct Pixel { n: u32, ih: u32, iw: u32, inside: bool }

fn pixel_of(row: u32, z: u32) -> Pixel {
  let phase = z % phases;
  // The first position whose sum with the padding has this phase.
  let first_h = (phase / STRIDE_W + STRIDE_H - u32(PAD_TOP) % STRIDE_H) % STRIDE_H;
  let first_w = (phase % STRIDE_W + STRIDE_W - u32(PAD_LEFT) % STRIDE_W) % STRIDE_W;
  let n = row / (phase_height * phase_width);
  let ih = first_h + STRIDE_H * (row / phase_width % phase_height);
  let iw = first_w + STRIDE_W * (row % phase_width);
  return Pixel(n, ih, iw, n < BATCH && ih < HEIGHT && iw < WIDTH);
}

fn enter_a(row: u32, outer: u32, z: u32) -> StateA {
  let kh = outer / KERNEL_W;
  let kw = outer % KERNEL_W;
  var state: StateA;
  for (var i = 0u; i < 4u; i++) {
    let pixel = pixel_of(row + i, z);
    // Exact divisions for the taps that inner_end admits; a negative numerator wraps around and fails the test.
    let above = pixel.ih + PAD_TOP - kh * DILATION_H;
    let left = pixel.iw + PAD_LEFT - kw * DILATION_W;
    let oh = above / STRIDE_H;
    let ow = left / STRIDE_W;
    state.inside[i] = pixel.inside && oh < OUT_HEIGHT && ow < OUT_WIDTH;
    let index = ((pixel.n * OUT_HEIGHT + oh) * OUT_WIDTH + ow) * OUT_CHANNELS + z / phases * GROUP_OUT;
    state.base[i] = select(0u, index, state.inside[i]);
  }
  return state;
}

fn enter_b(column: u32, outer: u32, z: u32) -> StateB {
  let base = (outer * GROUP_IN + column) * OUT_CHANNELS + z / phases * GROUP_OUT;
  return StateB(base, GROUP_IN - min(column, GROUP_IN));
}

fn inner_end(outer: u32, z: u32) -> u32 {
  let phase = z % phases;
  let meets = phase / STRIDE_W == outer / KERNEL_W * DILATION_H % STRIDE_H && phase % STRIDE_W == outer % KERNEL_W * DILATION_W % STRIDE_W;
  return select(0u, GROUP_OUT, meets);
}

fn load_a(state: StateA, k: u32) -> mat4x4f {
  var block: mat4x4f;
  for (var i = 0u; i < 4u; i++) {
    @if(vec4_k) {
      let inside = state.inside[i] && k < GROUP_OUT;
      block[i] = select(vec4f(), dy[select(0u, (state.base[i] + k) / 4u, inside)], inside);
    }
    @else {
      for (var j = 0u; j < 4u; j++) {
        let inside = state.inside[i] && k + j < GROUP_OUT;
        block[i][j] = select(0.0, dy[select(0u, state.base[i] + k + j, inside)], inside);
      }
    }
  }
  return block;
}

fn load_b(state: StateB, k: u32) -> mat4x4f {
  var block: mat4x4f;
  for (var i = 0u; i < 4u; i++) {
    let index = state.base + i * OUT_CHANNELS + k;
    @if(vec4_k) {
      let inside = i < state.columns && k < GROUP_OUT;
      block[i] = select(vec4f(), w[select(0u, index / 4u, inside)], inside);
    }
    @else {
      for (var j = 0u; j < 4u; j++) {
        let inside = i < state.columns && k + j < GROUP_OUT;
        block[i][j] = select(0.0, w[select(0u, index + j, inside)], inside);
      }
    }
  }
  return transpose(block);
}

fn store(row: u32, column: u32, z: u32, value: vec4f) {
  let pixel = pixel_of(row, z);
  if (!pixel.inside || column >= GROUP_IN) { return; }
  let index = ((pixel.n * HEIGHT + pixel.ih) * WIDTH + pixel.iw) * CHANNELS + z / phases * GROUP_IN + column;
  @if(vec4_dx) { dx[index / 4u] = value; }
  @else {
    for (var i = 0u; i < 4u; i++) {
      if (column + i < GROUP_IN) { dx[index + i] = value[i]; }
    }
  }
}
