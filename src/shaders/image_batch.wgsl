// Pictures to network input: crop, mirror and normalise.  y[n, r, q, k] = (pixels[n, top + r, left + q', k] − MEAN)·SCALE,
// with q' = q, or WIDTH − 1 − q where the picture is mirrored, and k one of red, green, blue; or one k, with @if(grey), which is
// their luma: the first row of the inverse of the NTSC YIQ matrix, as in MATLAB's rgb2gray, where the numbers are rounded to
// 0.2989, 0.5870, 0.1140. Unrounded, their sum is 1: grey stays as it is.
//
// pixels  [n, SOURCE_HEIGHT, SOURCE_WIDTH], a u32 a pixel with red in the lowest byte
// random  [seed, step], with @if(random)
// y       [n, HEIGHT, WIDTH, 3], or 1 channel with @if(grey)
// The crop is centred, then moved by at most SHIFT pixels in both directions, where coordinates clamp to the edge of the picture;
// or with @if(crop_random) anywhere inside the picture.
// Picture n of random operator STREAM draws word k as hash32(seed, step, STREAM, 4·n + k): k = 0 mirrors where it is odd, k = 1
// and 2 are the vertical and horizontal shift, modulo 2·SHIFT + 1, or place of the crop, modulo the number of places.
// Element-wise over the COUNT = n·HEIGHT·WIDTH pixels of y: one load for all channels.
import package::lib::elements::element;
import package::lib::random::hash32;
import constants::{COUNT, WORKGROUP, STEPS, SOURCE_HEIGHT, SOURCE_WIDTH, HEIGHT, WIDTH, STREAM, SHIFT, MEAN, SCALE};

@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@if(random) @group(0) @binding(2) var<storage, read> random: array<u32>;

@if(random)
fn draw(image: u32, word: u32) -> u32 {
  return hash32(random[0], random[1], STREAM, 4u * image + word);
}

fn fill_pixel(i: u32) {
  let image = i / (WIDTH * HEIGHT);
  var row = i32(i / WIDTH % HEIGHT);
  var column = i32(i % WIDTH);
  @if(mirror_always) { column = WIDTH - 1 - column; }
  @if(mirror_random) { column = select(column, WIDTH - 1 - column, (draw(image, 0u) & 1u) == 1u); }
  @if(crop_random) {
    row += i32(draw(image, 1u) % (SOURCE_HEIGHT - HEIGHT + 1));
    column += i32(draw(image, 2u) % (SOURCE_WIDTH - WIDTH + 1));
  }
  @else {
    row += (SOURCE_HEIGHT - HEIGHT) / 2;
    column += (SOURCE_WIDTH - WIDTH) / 2;
  }
  @if(shift) {
    row += i32(draw(image, 1u) % (2 * SHIFT + 1)) - SHIFT;
    column += i32(draw(image, 2u) % (2 * SHIFT + 1)) - SHIFT;
  }
  row = clamp(row, 0, SOURCE_HEIGHT - 1);
  column = clamp(column, 0, SOURCE_WIDTH - 1);
  let pixel = pixels[(i32(image) * SOURCE_HEIGHT + row) * SOURCE_WIDTH + column];
  let colour = vec3f(vec3u(pixel, pixel >> 8u, pixel >> 16u) & vec3u(255u));
  @if(grey) {
    y[i] = (dot(colour, vec3f(0.298936021, 0.587043074, 0.114020904)) - MEAN) * SCALE;
  }
  @else {
    let value = (colour - MEAN) * SCALE;
    y[3u * i] = value.x;
    y[3u * i + 1u] = value.y;
    y[3u * i + 2u] = value.z;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var step = 0u; step < STEPS; step++) {
    let i = element(workgroup, local, step);
    if (i < COUNT) { fill_pixel(i); }
  }
}
