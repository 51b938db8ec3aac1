import { expect, test } from 'vitest';
import { needsOf } from '../../../src/inspector/kernels/estimate.ts';

test('workgroups, their memory, and the registers of nested blocks and calls', () => {
  const needs = needsOf(`
enable f16;
alias Four = vec4h;
const ROWS = 64;
const groups = u32(ROWS / 4); // sixteen
struct Pair { at: vec2u, value: f32, }
var<workgroup> tile: array<array<Four, groups>, 8>;
var<workgroup> flags: array<atomic<u32>, ROWS>;
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
fn inner(a: vec4f) -> f32 {
  let b = vec4f(a.x);
  return b.x;
}
@compute @workgroup_size(groups * 2, max(2, 3)) fn main(@builtin(local_invocation_index) local: u32) {
  var sums: array<mat4x4f, 2>;
  if (local == 0u) {
    var pair: Pair;
    var more: vec4f;
  } else {
    var other: array<vec4f, 4>;
  }
  y[local] = inner(sums[0][0]);
}`);
  expect(needs.workgroupSize).toEqual([32, 3, 1]);
  // 16·8 vectors of four halves, and 64 counters.
  expect(needs.workgroupBytes).toBe(16 * 8 * 8 + 64 * 4);
  // local and the sums, with the larger branch; the call needs 4 + 4 and lies outside.
  expect(needs.registers).toBe(1 + 32 + 16);
});

test('a kernel that calls itself or unknown functions ends', () => {
  const needs = needsOf(`
fn f(a: u32) -> u32 { let b = f(a); return b; }
@compute @workgroup_size(1) fn main() { let x = f(1u); let y = unknown(x); }`);
  // a and b inside the call; x and y after it.
  expect(needs).toEqual({ workgroupSize: [1, 1, 1], workgroupBytes: 0, registers: 2 });
});
