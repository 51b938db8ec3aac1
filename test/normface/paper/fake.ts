import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import type { Experiment, ExperimentResults } from '../../../src/normface/paper/experiment.ts';
import {
  ExperimentRunner,
  type ExperimentRunnerOptions,
} from '../../../src/normface/paper/experiment-runner.node.ts';

export interface FakeRunner {
  readonly runner: ExperimentRunner;
  readonly said: string[];
  readonly warned: string[];
  readonly emitted: unknown[];
  /** Closes the device, if it was opened, and the decoding threads. */
  close(): Promise<void>;
}

/** A runner without data that collects what it is told. */
export function fakeRunner(out: string, options: Partial<ExperimentRunnerOptions> = {}): FakeRunner {
  const said: string[] = [];
  const warned: string[] = [];
  const emitted: unknown[] = [];
  let device: Promise<Device> | undefined;
  const runner = new ExperimentRunner({
    preset: 'quick',
    seeds: 1,
    data: { folder: out },
    out,
    reporter: {
      say: (text) => void said.push(text),
      warn: (text) => void warned.push(text),
      emit: (record) => void emitted.push(record),
      progressSink: { live: false, columns: 0, show: () => {}, keep: () => {}, clear: () => {} },
    },
    openDevice: () => {
      device ??= openDevice();
      return device;
    },
    ...options,
  });
  const close = async () => {
    await runner.close();
    (await device)?.close();
  };
  return { runner, said, warned, emitted, close };
}

export const square =
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" aria-label="A square"><rect width="8" height="8"/></svg>';

/** An experiment with one table and one figure that counts its runs. */
export function fakeExperiment(name: string, run: () => void = () => {}): Experiment & { runs: number } {
  const experiment = {
    name,
    title: `Experiment ${name}`,
    paper: 'Something was found.',
    runs: 0,
    run: async (): Promise<ExperimentResults> => {
      experiment.runs++;
      run();
      return {
        summary: 'it ran',
        text: [`Run ${experiment.runs} of ${name}.`],
        tables: [
          {
            stem: 'numbers',
            columns: ['loss, which', 'value'],
            rows: [
              ['a "b"', 0.1],
              ['c', 1e-9],
            ],
            display: {
              columns: [{ header: 'loss' }, { header: 'x|y', align: 'right' }],
              rows: [['a', '0.1']],
            },
          },
        ],
        figures: [{ stem: 'drawing', svg: square, caption: 'A drawn square.' }],
      };
    },
  };
  return experiment;
}
