// Operands of a dense matrix product C = A·B (+ bias) (− diag(coefficients)·base), with either matrix transposed; added to
// what C holds with @if(accumulate).
//
// a     [products, M, K], or [products, K, M] with @if(transpose_a)
// b     [products, K, N], or [products, N, K] with @if(transpose_b)
// bias  [N], added to every row, with @if(bias)
// c     [products, SPLITS, M, N]
// z = product · SPLITS + split: of several products side by side which one, and, where k is long and C small, which CHUNK of k
// (a multiple of 32, so that every walk reads whole stages); sum_rows then adds the splits in order.
// With @if(project), which ends the gradient of normalised rows: base [M, N], coefficients [M] of two factors each
// The tile walk that calls these functions is package::tile_product. With @if(vec4_a) the innermost extent of a is a multiple
// of four and a is read by vec4f; the same for vec4_b and vec4_c.
import constants::{M, N, K, SPLITS, CHUNK};

@if(vec4_a) @group(0) @binding(0) var<storage, read> a: array<vec4f>;
@else       @group(0) @binding(0) var<storage, read> a: array<f32>;
@if(vec4_b) @group(0) @binding(1) var<storage, read> b: array<vec4f>;
@else       @group(0) @binding(1) var<storage, read> b: array<f32>;
@if(vec4_c) @group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@else       @group(0) @binding(2) var<storage, read_write> c: array<f32>;
@if(bias)   @group(0) @binding(3) var<storage, read> bias: array<f32>;

@if(project) @group(0) @binding(4) var<storage, read> coefficients: array<vec2f>;
@if(project && vec4_c)  @group(0) @binding(5) var<storage, read> base: array<vec4f>;
@if(project && !vec4_c) @group(0) @binding(5) var<storage, read> base: array<f32>;

// first: index of the first number of this product's matrix; start: where its split begins
struct StateA { row: u32, first: u32, start: u32 }
struct StateB { column: u32, first: u32, start: u32 }

fn enter_a(row: u32, outer: u32, z: u32) -> StateA { return StateA(row, z / SPLITS * M * K, z % SPLITS * CHUNK); }
fn enter_b(column: u32, outer: u32, z: u32) -> StateB { return StateB(column, z / SPLITS * K * N, z % SPLITS * CHUNK); }

fn inner_end(outer: u32, z: u32) -> u32 { return CHUNK; }

// Four consecutive numbers of row `line` of a matrix whose rows have `extent` numbers, zero outside it.
fn read_a(first: u32, line: u32, lines: u32, position: u32, extent: u32) -> vec4f {
  @if(vec4_a) {
    let inside = line < lines && position < extent;
    return select(vec4f(), a[select(0u, (first + line * extent + position) / 4u, inside)], inside);
  }
  @else {
    var value = vec4f();
    for (var i = 0u; i < 4u; i++) {
      let inside = line < lines && position + i < extent;
      value[i] = select(0.0, a[select(0u, first + line * extent + position + i, inside)], inside);
    }
    return value;
  }
}

fn read_b(first: u32, line: u32, lines: u32, position: u32, extent: u32) -> vec4f {
  @if(vec4_b) {
    let inside = line < lines && position < extent;
    return select(vec4f(), b[select(0u, (first + line * extent + position) / 4u, inside)], inside);
  }
  @else {
    var value = vec4f();
    for (var i = 0u; i < 4u; i++) {
      let inside = line < lines && position + i < extent;
      value[i] = select(0.0, b[select(0u, first + line * extent + position + i, inside)], inside);
    }
    return value;
  }
}

fn load_a(state: StateA, position: u32) -> mat4x4f {
  let k = state.start + position;
  @if(transpose_a) return transpose(mat4x4f(
    read_a(state.first, k, K, state.row, M), read_a(state.first, k + 1u, K, state.row, M),
    read_a(state.first, k + 2u, K, state.row, M), read_a(state.first, k + 3u, K, state.row, M)));
  @else return mat4x4f(
    read_a(state.first, state.row, M, k, K), read_a(state.first, state.row + 1u, M, k, K),
    read_a(state.first, state.row + 2u, M, k, K), read_a(state.first, state.row + 3u, M, k, K));
}

fn load_b(state: StateB, position: u32) -> mat4x4f {
  let k = state.start + position;
  @if(transpose_b) return transpose(mat4x4f(
    read_b(state.first, state.column, N, k, K), read_b(state.first, state.column + 1u, N, k, K),
    read_b(state.first, state.column + 2u, N, k, K), read_b(state.first, state.column + 3u, N, k, K)));
  @else return mat4x4f(
    read_b(state.first, k, K, state.column, N), read_b(state.first, k + 1u, K, state.column, N),
    read_b(state.first, k + 2u, K, state.column, N), read_b(state.first, k + 3u, K, state.column, N));
}

fn store(row: u32, column: u32, z: u32, value: vec4f) {
  if (row >= M || column >= N) { return; }
  var sum = value;
  @if(bias) if (z % SPLITS == 0u) {
    for (var i = 0u; i < 4u; i++) { sum[i] += bias[min(column + i, N - 1u)]; }
  }
  @if(vec4_c) {
    let place = (z * M * N + row * N + column) / 4u;
    @if(project) { sum -= coefficients[row].x * (coefficients[row].y * base[place]); }
    @if(accumulate) { sum += c[place]; }
    c[place] = sum;
  }
  @else {
    for (var i = 0u; i < 4u; i++) {
      let place = z * M * N + row * N + column + i;
      if (column + i < N) {
        @if(project) { sum[i] -= coefficients[row].x * (coefficients[row].y * base[place]); }
        @if(accumulate) { sum[i] += c[place]; }
        c[place] = sum[i];
      }
    }
  }
}
