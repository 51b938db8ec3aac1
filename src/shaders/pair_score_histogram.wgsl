// Counts the scores of pairs i < j in one square tile of the score matrix by 16 bits of their key, genuine and impostor pairs apart.
//
//   key(s) = ~bits(s) where s < 0, else bits(s) | 2³¹:  an unsigned number in the order of the f32 scores, with −0 taken as 0
//
// scores  [SIDE, SIDE]: s of images first_row + r and first_column + c
// labels  one number an image; a pair is genuine if they are equal
// tile    [first_row, first_column];  selection  [number of images, prefix]
// counts  [2, 65536] impostor, then genuine: of the upper half of the key; with @if(lower) of the lower half, of those keys only whose
//         upper half is the prefix. Two passes give any order statistic of all pairs exactly (radix selection), in 512 KiB.
// One workgroup a row; neighbours read neighbours. Additions of whole numbers commute, so atomics give the same counts every time.
import constants::{SIDE, WORKGROUP};

@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> tile: array<u32>;
@group(0) @binding(3) var<storage, read> selection: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>;

fn key(score: f32) -> u32 {
  let bits = bitcast<u32>(select(score, 0.0, score == 0.0));
  return select(bits | 0x80000000u, ~bits, bits >> 31u == 1u);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.x;
  let i = tile[0] + row;
  let images = selection[0];
  if (i >= images) { return; }
  let label = labels[i];
  // A bound that the compiler does not know: unrolled, the atomics (a branch a lane on CPU drivers) compile for seconds.
  let columns = min(SIDE, images - tile[1]);
  for (var column = local; column < columns; column += WORKGROUP) {
    let j = tile[1] + column;
    if (j <= i) { continue; }
    let code = key(scores[row * SIDE + column]);
    let kind = select(0u, 65536u, labels[j] == label);
    @if(!lower) atomicAdd(&counts[kind + (code >> 16u)], 1u);
    @if(lower) if (code >> 16u == selection[1]) { atomicAdd(&counts[kind + (code & 0xffffu)], 1u); }
  }
}
