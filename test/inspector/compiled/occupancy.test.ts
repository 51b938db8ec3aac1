import { expect, test } from 'vitest';
import {
  gcn5,
  rdna2,
  rdna3,
  subgroupsPerUnit,
  xeHpg,
  xeLp,
} from '../../../src/inspector/compiled/occupancy.ts';

const demand = { subgroup: 32, workgroup: 256, registers: 24, workgroupBytes: 0 };

test('registers: those of a SIMD, shared in whole granules', () => {
  // 1536 / 96; 97 registers take 120.
  expect(subgroupsPerUnit(rdna3, { ...demand, registers: 96 })).toBe(16);
  expect(subgroupsPerUnit(rdna3, { ...demand, registers: 97 })).toBe(12);
  // With 64 invocations each register counts twice, and 97 take 108.
  expect(subgroupsPerUnit(rdna3, { ...demand, subgroup: 64, registers: 97 })).toBe(7);
  expect(subgroupsPerUnit(rdna2, { ...demand, registers: 129 })).toBe(7);
  expect(subgroupsPerUnit(gcn5, { ...demand, subgroup: 64, registers: 65 })).toBe(3);
  expect(subgroupsPerUnit(gcn5, { ...demand, subgroup: 64, registers: 1 })).toBe(10);
});

test('workgroup memory: that of a core, whose units share the subgroups of its workgroups', () => {
  // Three workgroups of 8 subgroups on four SIMDs; 40,001 bytes are 40 KiB.
  expect(subgroupsPerUnit(rdna3, { ...demand, workgroupBytes: 40_001 })).toBe(6);
  // Intel gives powers of two: 40,000 bytes are 64 KiB. Two workgroups of 16 on 16 units.
  const intel = { subgroup: 16, workgroup: 256, registers: 400, workgroupBytes: 40_000 };
  expect(subgroupsPerUnit(xeHpg, intel)).toBe(2);
  expect(subgroupsPerUnit(xeHpg, { ...intel, workgroupBytes: 4 })).toBe(8);
  expect(subgroupsPerUnit(xeLp, { ...intel, workgroupBytes: 4 })).toBe(7);
  expect(subgroupsPerUnit(rdna3, { ...demand, workgroupBytes: 200_000 })).toBe(0);
});
