// Rows of a matrix [ROWS, COLUMNS] cut into STRANDS of consecutive rows, each walked along by one invocation a column: columns are
// innermost, so that neighbours read neighbours at every step, and what belongs to a column stays in registers.
//
// A strand's rows follow one another because a walk through one stretch of memory is what caches prefetch: with every STRANDS-th
// row instead, PReLU's gradients take 1.2 to 1.9 times as long on llvmpipe.
import constants::{ROWS, COLUMNS, STRANDS};

// The last strand may be shorter; none is empty.
const strand_rows = u32((ROWS + STRANDS - 1) / STRANDS);

// Rows from `first` up to, not including, `end`.
struct Strand { column: u32, first: u32, end: u32 }

// The strand of an invocation, numbered strand by strand; past the last one it has no rows.
fn strand_of(invocation: u32) -> Strand {
  let first = invocation / COLUMNS * strand_rows;
  return Strand(invocation % COLUMNS, first, min(first + strand_rows, u32(ROWS)));
}

fn rows_of(strand: u32) -> u32 { return min(strand_rows, ROWS - strand * strand_rows); }
