// Tiled matrix product C = A·B on the matrix units of subgroups: the walk for GPUs that offer them.
//
// The operands module (gemm, conv2d_forward, …) says what A, B and C are; its functions are listed in
// tile_product_subgroup. Types and operations of the unit: lib/matrix_unit.
//
// Tile: TILE_ROWS×TILE_COLUMNS of C by four subgroups in two rows and two columns, each a quarter of it as results of the unit
// that stay in registers over all of k. STAGE numbers of k at a time are brought to workgroup memory, rounded to f16 with
// @if(half), in blocks of 4×4 that every invocation fetches before the barrier: all its reads are under way at once, while other
// subgroups still multiply. A left operand is loaded once a row of units and a right one once a column: for a quarter of
// 32×32 and a unit of 16×16×16, 4 loads feed 4 products of 8192 operations. Results leave through workgroup memory, one a
// subgroup, for store takes four columns of a row.
import package::operands::{StateA, StateB, enter_a, enter_b, load_a, load_b, inner_end, store};
import package::lib::tile_grid::{row_tile, depth};
import package::lib::matrix_unit::{Operand, Left, Right, Result, tile_a, tile_b, results, stride_a, stride_b, result_size};
import package::lib::matrix_unit::{load_left, load_right, multiply_add, store_result};
import constants::{OUTER, TILE_ROWS, TILE_COLUMNS, STAGE, UNIT_ROWS, UNIT_COLUMNS, UNIT_DEPTH, SUBGROUP};
enable subgroups;

const invocations = 4 * SUBGROUP;
const units_down = TILE_ROWS / 2 / UNIT_ROWS;
const units_across = TILE_COLUMNS / 2 / UNIT_COLUMNS;

// Groups of four rows and columns of the tile; an invocation always fetches the same group, every so many k.
const row_groups = u32(TILE_ROWS / 4);
const column_groups = u32(TILE_COLUMNS / 4);
const blocks_a = u32(TILE_ROWS * STAGE / 16 / invocations);
const blocks_b = u32(TILE_COLUMNS * STAGE / 16 / invocations);

@compute @workgroup_size(invocations)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let first_row = row_tile(workgroup) * TILE_ROWS;
  let first_column = workgroup.y * TILE_COLUMNS;
  let z = depth(workgroup);
  let line_a = 4u * (local % row_groups);
  let line_b = 4u * (local % column_groups);
  let k_a = 4u * (local / row_groups);
  let k_b = 4u * (local / column_groups);
  // The quarter of this subgroup.
  let my_row = subgroup / 2u * (TILE_ROWS / 2u);
  let my_column = subgroup % 2u * (TILE_COLUMNS / 2u);
  var sums: array<array<Result, units_across>, units_down>;
  for (var outer = 0u; outer < OUTER; outer++) {
    let state_a = enter_a(first_row + line_a, outer, z);
    let state_b = enter_b(first_column + line_b, outer, z);
    let end = inner_end(outer, z);
    for (var k = 0u; k < end; k += STAGE) {
      var fetched_a: array<mat4x4f, blocks_a>;
      var fetched_b: array<mat4x4f, blocks_b>;
      for (var i = 0u; i < blocks_a; i++) { fetched_a[i] = load_a(state_a, k + k_a + i * (STAGE / blocks_a)); }
      for (var i = 0u; i < blocks_b; i++) { fetched_b[i] = load_b(state_b, k + k_b + i * (STAGE / blocks_b)); }
      workgroupBarrier();
      for (var i = 0u; i < blocks_a; i++) {
        for (var r = 0u; r < 4u; r++) {
          let place = (line_a + r) * stride_a + k_a + i * (STAGE / blocks_a);
          for (var j = 0u; j < 4u; j++) { tile_a[place + j] = Operand(fetched_a[i][r][j]); }
        }
      }
      for (var i = 0u; i < blocks_b; i++) {
        for (var r = 0u; r < 4u; r++) {
          let place = (k_b + i * (STAGE / blocks_b) + r) * stride_b + line_b;
          for (var j = 0u; j < 4u; j++) { tile_b[place + j] = Operand(fetched_b[i][r][j]); }
        }
      }
      workgroupBarrier();
      for (var step = 0u; step < STAGE; step += UNIT_DEPTH) {
        var left: array<Left, units_down>;
        for (var v = 0u; v < units_down; v++) { left[v] = load_left(my_row + v * UNIT_ROWS, step); }
        for (var h = 0u; h < units_across; h++) {
          let right = load_right(step, my_column + h * UNIT_COLUMNS);
          for (var v = 0u; v < units_down; v++) { sums[v][h] = multiply_add(left[v], right, sums[v][h]); }
        }
      }
    }
  }
  for (var v = 0u; v < units_down; v++) {
    for (var h = 0u; h < units_across; h++) {
      store_result(subgroup, sums[v][h]);
      workgroupBarrier();
      for (var i = 4u * lane; i < result_size; i += 4u * SUBGROUP) {
        let place = subgroup * result_size + i;
        let four = vec4f(results[place], results[place + 1u], results[place + 2u], results[place + 3u]);
        let row = first_row + my_row + v * UNIT_ROWS + i / UNIT_COLUMNS;
        store(row, first_column + my_column + h * UNIT_COLUMNS + i % UNIT_COLUMNS, z, four);
      }
      workgroupBarrier();
    }
  }
}
