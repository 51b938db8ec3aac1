// Stands in for lib/matrix_unit on adapters without matrix units, to test the walk around it: a unit of 8×8×8 on subgroups of 8,
// a lane a row of the left operand and of the result, and a column of the right one.
import constants::{TILE_ROWS, TILE_COLUMNS, STAGE};
enable subgroups;
@if(half) enable f16;

@if(half) alias Operand = f16;
@else     alias Operand = f32;
alias Left = array<Operand, 8>;
alias Right = array<Operand, 8>;
alias Result = array<f32, 8>;

const stride_a = u32(STAGE + 8);
const stride_b = u32(TILE_COLUMNS + 8);
const result_size = 64u;

var<workgroup> tile_a: array<Operand, TILE_ROWS * stride_a>;
var<workgroup> tile_b: array<Operand, STAGE * stride_b>;
var<workgroup> results: array<f32, 4 * result_size>;

fn own_lane() -> u32 { return subgroupExclusiveAdd(1u); }

fn load_left(row: u32, k: u32) -> Left {
  var left: Left;
  for (var i = 0u; i < 8u; i++) { left[i] = tile_a[(row + own_lane()) * stride_a + k + i]; }
  return left;
}

fn load_right(k: u32, column: u32) -> Right {
  var right: Right;
  for (var i = 0u; i < 8u; i++) { right[i] = tile_b[(k + i) * stride_b + column + own_lane()]; }
  return right;
}

fn multiply_add(left: Left, right: Right, sums: Result) -> Result {
  var result = sums;
  // One loop of 64: the compiler would unroll two of 8 in each of the many places this is called from, which takes it minutes.
  for (var i = 0u; i < 64u; i++) {
    let column = i % 8u;
    result[column] = fma(f32(left[i / 8u]), f32(subgroupShuffle(right[i / 8u], column)), result[column]);
  }
  return result;
}

fn store_result(subgroup: u32, sums: Result) {
  for (var i = 0u; i < 8u; i++) { results[subgroup * result_size + own_lane() * 8u + i] = sums[i]; }
}
