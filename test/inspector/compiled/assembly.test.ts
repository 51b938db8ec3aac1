import { expect, test } from 'vitest';
import { assemblyFacts } from '../../../src/inspector/compiled/assembly.ts';

test('a dual instruction of RDNA3 is two; integers and shuffles are neither multiply-adds nor memory', () => {
  const { mix } = assemblyFacts(
    `BB0:
	v_dual_fmac_f32 v5, v1, v9 :: v_dual_mul_f32 v6, v2, v9     ; c8000000 05060000
	v_pk_fma_f16 v1, v2, v3, v1                                 ; cc0e0001 1c060702
	v_mad_u32_u24 v1, v2, v3, v1                                ; d60b0001 04060702
	v_mad_u64_u32 v[1:2], null, v2, v3, v[1:2]                  ; d6fe7c01 04060702
	v_wmma_f32_16x16x16_f16 v[0:7], v[8:15], v[16:23], v[0:7]   ; cc404000 1c022108
	ds_bpermute_b32 v1, v2, v3                                  ; dacc0000 01000302
	ds_load_b128 v[1:4], v2                                     ; dbfc0000 01000002
	s_load_b128 s[4:7], s[2:3], null                            ; f4080101 f8000000
	s_barrier                                                   ; bfbd0000
`,
    'amd',
  );
  expect(mix).toEqual({ fma: 3, memory: 2, barrier: 1, other: 4 });
});

test("Intel's integer multiply-adds are others, and a predicate hides no instruction", () => {
  const { mix } = assemblyFacts(
    `(+f0.0) mad(16) g1<1>F          g1<8,8,1>F      g48<8,8,1>F     g64.0<0,1,0>F { align1 1H };
mad(8)          g2<1>HF         g1<8,8,1>HF     g48<8,8,1>HF    g64.0<0,1,0>HF { align1 1Q };
mad(16)         g3<1>D          g1<8,8,1>D      g48<8,8,1>W     g64.0<0,1,0>W { align1 1H };
dpas.8x8(8)     g4<1>F          g1<1,1,0>F      g48<1,1,0>HF    g64<1,1,0>HF { align1 WE_all 1Q };
cmp.ge.f0.0(16) null<1>UD       g1<8,8,1>UD     0x000003e7UD    { align1 1H I@2 };
sync nop(1)                     null<0,1,0>UB                   { align1 WE_all 1N A@2 };
`,
    'intel',
  );
  expect(mix).toEqual({ fma: 3, memory: 0, barrier: 0, other: 2 });
});

test('of two loops without a loop inside, the one with more multiply-adds counts; the one around both does not', () => {
  const fma = '\tv_fma_f32 v2, v3, v2, v3 ; d6130002\n';
  const { loop } = assemblyFacts(
    `BB0:\nBB1:\n${fma.repeat(5)}BB2:\n${fma}\ts_cbranch_scc0 BB2 ; bf\nBB3:\n${fma}${fma}\ts_nop 0 ; bf\n\ts_cbranch_scc0 BB3 ; bf\n\ts_branch BB1 ; bf\n`,
    'amd',
  );
  expect(loop).toEqual({ fma: 2, memory: 0, barrier: 0, other: 2 });
  expect(assemblyFacts(fma, 'amd').loop).toBeNull();
});
