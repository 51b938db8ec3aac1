// Tiled matrix product C = A·B, one subgroup a tile, operands broadcast from registers: the walk for CPU drivers.
//
// The operands module (gemm, conv2d_forward, …) says what A, B and C are:
//   enter_a(row, outer, z)     state of four consecutive rows of A for one step of the outer loop
//   enter_b(column, outer, z)  the same for four consecutive columns of B
//   load_a(state, k)           4×4 block [row][k] of A, zero outside the matrix
//   load_b(state, k)           4×4 block [k][column] of B
//   inner_end(outer, z)        number of k in this step of the outer loop
//   store(row, column, z, v)   four columns of one row of C
//
// Tile: side = 4·SUBGROUP rows by as many columns; twice the rows with @if(tall), twice the columns with @if(wide). A lane owns
// four columns of every row of a square as vec4f accumulators. For every four k it loads its own four rows of A and four
// columns of B; then each row of A is broadcast to all lanes by a shuffle from the lane that loaded it. On drivers that run a
// subgroup as one SIMD register (llvmpipe, SwiftShader) a shuffle by a constant is a register permutation, while any load in a
// loop is a slow gather: here 8 loaded numbers a lane and k feed 16·SUBGROUP multiply-adds, 12 twice as many in the double
// tiles. No workgroup memory, no barrier.
//
// The accumulators are blocks of 16 rows because llvmpipe unrolls loops of 16 (and of 2) into registers, but not of 32: with
// one array of 32 rows they live in memory and the kernel is five times slower. For the same reason the two squares of a double
// tile have loops of their own.
import package::operands::{StateA, StateB, enter_a, enter_b, load_a, load_b, inner_end, store};
import package::lib::tile_grid::{row_tile, depth};
import constants::{SUBGROUP, OUTER, ROWS};
enable subgroups;

const side = 4 * SUBGROUP;
const blocks = side / 16;
@if(tall)  const tile_rows = 2u * side;
@if(!tall) const tile_rows = u32(side);
@if(wide)  const tile_columns = 2u * side;
@if(!wide) const tile_columns = u32(side);

// With @if(half) operands are rounded to f16, for the same results as in the other walks; arithmetic is f32 all the same.
fn operand(block: mat4x4f) -> mat4x4f {
  @if(half) return mat4x4f(quantizeToF16(block[0]), quantizeToF16(block[1]), quantizeToF16(block[2]), quantizeToF16(block[3]));
  @else return block;
}

alias Square = array<array<vec4f, 16>, blocks>;

var<workgroup> results: array<vec4f, side * SUBGROUP>;

fn multiply_add(sums: ptr<function, Square>, a_rows: mat4x4f, b_columns: mat4x4f) {
  var rows = a_rows;
  for (var block = 0u; block < blocks; block++) {
    for (var r = 0u; r < 16u; r++) {
      let weight = subgroupShuffle(rows[r % 4u], 4u * block + r / 4u);
      (*sums)[block][r] = fma(vec4f(weight.x), b_columns[0], fma(vec4f(weight.y), b_columns[1],
        fma(vec4f(weight.z), b_columns[2], fma(vec4f(weight.w), b_columns[3], (*sums)[block][r]))));
    }
  }
}

// Through workgroup memory (each lane reads only what it wrote) and a loop with a step that the compiler cannot see through:
// unrolled, the 32 copies of store (a scatter is a branch a lane and component) take most of the compilation.
fn store_square(sums: ptr<function, Square>, first_row: u32, column: u32, z: u32, lane: u32, one: u32) {
  for (var block = 0u; block < blocks; block++) {
    for (var r = 0u; r < 16u; r++) {
      results[(16u * block + r) * SUBGROUP + lane] = (*sums)[block][r];
    }
  }
  let rows = min(u32(side), ROWS - min(first_row, ROWS));
  for (var r = 0u; r < rows; r += one) {
    store(first_row + r, column, z, results[r * SUBGROUP + lane]);
  }
}

@compute @workgroup_size(SUBGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let first_row = row_tile(workgroup) * tile_rows;
  let row = first_row + 4u * lane;
  let column = workgroup.y * tile_columns + 4u * lane;
  let z = depth(workgroup);
  var sums: Square;
  @if(tall || wide) var more: Square;
  for (var outer = 0u; outer < OUTER; outer++) {
    let state_a = enter_a(row, outer, z);
    let state_b = enter_b(column, outer, z);
    @if(tall) let state_below = enter_a(row + side, outer, z);
    @if(wide) let state_right = enter_b(column + side, outer, z);
    let end = inner_end(outer, z);
    for (var k = 0u; k < end; k += 4u) {
      let block_a = operand(load_a(state_a, k));
      let block_b = operand(load_b(state_b, k));
      multiply_add(&sums, block_a, block_b);
      @if(tall) multiply_add(&more, operand(load_a(state_below, k)), block_b);
      @if(wide) multiply_add(&more, block_a, operand(load_b(state_right, k)));
    }
  }
  let one = 1u + u32(f32(workgroup.x) * 1e-30);
  store_square(&sums, first_row, column, z, lane, one);
  @if(tall) store_square(&more, first_row + side, column, z, lane, one);
  @if(wide) store_square(&more, first_row, column + side, z, lane, one);
}
