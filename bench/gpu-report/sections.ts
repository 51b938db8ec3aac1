/** The sections of the report, in the order in which they run. */

import { countText } from '../../src/common/format.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { describeAdapter } from '../../src/engine/runtime/adapter.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import { checkCase, faultsOf } from '../../src/engine/testing/check.ts';
import { compareVariants } from '../../src/engine/testing/variants.ts';
import { rooflineText } from '../../src/inspector/profile/bound.ts';
import { Peaks } from '../../src/inspector/timing/peaks.ts';
import { hostCostOf } from '../host-cost.ts';
import { reportCases } from './cases.ts';
import { ending } from './ending.ts';
import { measuredSection } from './measured.ts';
import type { Section } from './section.ts';
import { tuning } from './tuning.ts';

const adapter: Section = {
  name: 'adapter',
  title: 'Adapter',
  about:
    'What the implementation says of the adapter, and what probes reach on it: multiply-adds in registers, copies of arrays that no cache holds, and the time of the host for each dispatch of a replayed step.',
  share: 0.04,
  itemSeconds: 30,
  async open(options) {
    const device = await openDevice(options);
    const { report } = device;
    return {
      items: [
        {
          name: 'report',
          run: async () => ({
            isRight: true,
            summary: describeAdapter(report).split('\n')[0]!,
            data: { ...report, node: process.version, platform: `${process.platform} ${process.arch}` },
          }),
        },
        {
          name: 'peaks',
          run: async () => {
            const peaks = await Peaks.of(device).measured();
            return { isRight: true, summary: rooflineText(peaks), data: peaks };
          },
        },
        {
          name: 'host',
          run: async () => {
            const microseconds = await hostCostOf(device);
            return {
              isRight: true,
              summary: `${microseconds.toFixed(2)} µs for each dispatch`,
              data: { microseconds },
            };
          },
        },
      ],
      ...ending(device),
    };
  },
};

const operatorTable: Section = {
  name: 'operators',
  title: 'Operators',
  about:
    'Every case of every operator: results and gradients against the float64 reference and finite differences, as the default kernels compute them, and then every other variant that the adapter offers against the default ones.',
  share: 0.32,
  itemSeconds: 40,
  async open(options) {
    const device = await openDevice({ ...options, tune: 'off' });
    const items = operators.flatMap(({ name, cases }) =>
      cases.map((sample) => ({
        name: `${name} ${sample.label}`,
        run: async () => {
          const faults = faultsOf(await checkCase(device, sample));
          const variants = await compareVariants(device, sample);
          const wrong = [
            ...faults,
            ...variants.flatMap(({ variant, fault }) => (fault === null ? [] : [`${variant}: ${fault}`])),
          ];
          return {
            isRight: wrong.length === 0,
            summary:
              wrong[0] ??
              (variants.length > 0 ? `right, in ${countText(variants.length, 'variant')}` : 'right'),
            data: { faults, variants },
          };
        },
      })),
    );
    return { items, ...ending(device) };
  },
};

export const sections: readonly Section[] = [
  adapter,
  operatorTable,
  measuredSection({
    name: 'products',
    title: 'Matrix products',
    about: 'Square and flat products in f32.',
    share: 0.1,
    cases: reportCases.products,
  }),
  measuredSection({
    name: 'products-f16',
    title: 'Matrix products with f16 operands',
    about: 'Operands rounded to f16, on matrix units where the adapter has them; sums in f32.',
    share: 0.06,
    cases: reportCases.products,
    operands: 'f16',
  }),
  measuredSection({
    name: 'convolutions',
    title: 'Convolutions',
    about: 'Forward, and with both gradients.',
    share: 0.12,
    cases: reportCases.convolutions,
  }),
  measuredSection({
    name: 'head',
    title: 'The NormFace head',
    about: 'Loss and gradients for many classes.',
    share: 0.06,
    cases: reportCases.head,
  }),
  measuredSection({
    name: 'steps',
    title: 'Optimiser steps',
    about: 'Whole nets: forward, backward and update.',
    share: 0.2,
    cases: reportCases.steps,
  }),
  tuning,
];
