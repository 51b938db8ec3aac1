import { expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { DeviceError, DeviceLostError } from '../../../src/engine/core/errors.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { Losses } from '../../../src/normface/training/run/losses.ts';

/** A device of which it is known whether it was lost. */
function deviceThat(isLost: boolean): Device {
  const lost = isLost ? Promise.resolve() : new Promise(() => {});
  const assertUsable = () => {
    if (isLost) throw new DeviceLostError('the GPU device was lost: it fell');
  };
  return { gpu: { lost }, assertUsable } as unknown as Device;
}

const gone = deviceThat(true);
const standing = (step: number) => ({
  step,
  checkpoint: step > 0 ? `step-${step}` : undefined,
  advice: 'go on',
});
const reopen = async () => gone;

test('losses at one place are counted, and those that the run got past are not', async () => {
  const losses = new Losses({ reopen });
  for (const step of [0, 0, 5, 5, 7, 9, 9]) {
    const loss = await losses.accept(new Error('what follows from it'), gone, standing(step));
    expect(loss.message).toBe('the GPU device was lost: it fell');
  }
  await expect(losses.accept(new Error(), gone, standing(9))).rejects.toThrow(
    'the GPU device was lost: it fell, 3 times in a row since the checkpoint of step 9, step-9, which is intact; go on',
  );
});

test('what is no loss is thrown as it is', async () => {
  const losses = new Losses({ reopen });
  const error = new Error('something else');
  await expect(losses.accept(error, deviceThat(false), standing(0))).rejects.toBe(error);
  const full = new UserError('the disk is full');
  await expect(losses.accept(full, gone, standing(0))).rejects.toBe(full);
});

test('where no other device can be had, the loss is what is said', async () => {
  const losses = new Losses({ reopen: undefined });
  await expect(losses.accept(new Error('odd'), gone, standing(0))).rejects.toThrow(
    'the GPU device was lost: it fell',
  );
});

test('a driver gets time to come back, but not for ever', async () => {
  const waited: number[] = [];
  const wait = async (milliseconds: number) => {
    waited.push(milliseconds);
  };
  let refusals = 2;
  const hesitant = new Losses({
    reopen: async () => {
      if (refusals-- > 0) throw new DeviceError('no WebGPU adapter was found');
      return gone;
    },
    wait,
  });
  expect(await hesitant.reopen()).toBe(gone);
  expect(waited).toEqual([1000, 2000]);
  refusals = Number.POSITIVE_INFINITY;
  await expect(hesitant.reopen()).rejects.toThrow('no WebGPU adapter was found');
  expect(waited).toHaveLength(6);
});
