/** PyTorch in a child process, if a `python3` with torch is found. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { headScale, type Work } from '../cases.ts';
import {
  type Array32,
  convInputs,
  gemmInputs,
  headInputs,
  layerInputs,
  momentum,
  netInputs,
  stepInputs,
} from '../inputs.ts';
import { MissingOperation, type Peer, type Prepared } from './peer.ts';
import program from './torch_peer.py';
import { checkTranslated, withDepthwise } from './translated.ts';

interface Answer {
  readonly error?: string;
  readonly description?: string;
  /** Files of the results. */
  readonly files?: readonly string[];
}

export async function openTorch(deviceName: 'cpu' | 'cuda'): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'normface-torch-'));
  const child = new Child(folder, deviceName);
  const { description } = await child.ask({}).catch((error) => {
    child.stop();
    throw error;
  });
  return {
    name: `torch-${deviceName}`,
    description: description!,
    gpu: null,
    mode: null,
    async prepare(work) {
      const message = describe(work, (name, array) => store(folder, name, array));
      await child.ask(message);
      return prepared(child);
    },
    async close() {
      child.stop();
    },
  };
}

function prepared(child: Child): Prepared {
  return {
    async run(iterations) {
      await child.ask({ run: iterations });
    },
    async results() {
      const { files } = await child.ask({ results: true });
      return files!.map((file) => {
        const bytes = readFileSync(file);
        return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      });
    },
    dispose: () => void child.ask({ dispose: true }).catch(() => {}),
  };
}

/** A Python program that answers one line of JSON with another. */
class Child {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly folder: string;
  private waiting: ((line: string | null) => void)[] = [];
  private ended = false;

  constructor(folder: string, deviceName: string) {
    this.folder = folder;
    const file = join(folder, 'peer.py');
    writeFileSync(file, program);
    this.process = spawn('python3', [file, deviceName, folder], { stdio: 'pipe' });
    this.lines = createInterface({ input: this.process.stdout });
    this.lines.on('line', (line) => this.waiting.shift()?.(line));
    this.process.stdin.on('error', () => {});
    const end = (): void => {
      this.ended = true;
      for (const answer of this.waiting.splice(0)) answer(null);
    };
    this.process.on('error', end);
    this.process.on('exit', end);
  }

  async ask(message: object): Promise<Answer> {
    const line = await new Promise<string | null>((resolve) => {
      if (this.ended) resolve(null);
      else {
        this.waiting.push(resolve);
        this.process.stdin.write(`${JSON.stringify(message)}\n`);
      }
    });
    if (line === null) throw new MissingOperation('no python3 with torch');
    const answer = JSON.parse(line) as Answer;
    if (answer.error) throw new MissingOperation(answer.error);
    return answer;
  }

  stop(): void {
    this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Stored {
  readonly file: string;
  readonly shape: readonly number[];
}

function store(folder: string, name: string, { shape, data }: Array32): Stored {
  const file = join(folder, `${name.replace(/[^\w.]/g, '_')}.bin`);
  writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { file, shape };
}

/** The work as JSON: shapes, layers and files of numbers. */
function describe(work: Work, put: (name: string, array: Array32) => Stored): object {
  switch (work.kind) {
    case 'gemm': {
      const { a, b } = gemmInputs(work);
      return { kind: 'gemm', a: put('a', a), b: put('b', b) };
    }
    case 'conv': {
      const { x, w, dy } = convInputs(work);
      const { pass, stride, padding } = work;
      return { kind: 'conv', pass, stride, padding, x: put('x', x), w: put('w', w), dy: put('dy', dy) };
    }
    case 'head': {
      const { features, weights, labels } = headInputs(work);
      const numbers = { features: put('features', features), weights: put('weights', weights) };
      return { kind: 'head', ...numbers, labels: [...labels], scale: headScale };
    }
    case 'layer': {
      const { x, dy, slope } = layerInputs(work);
      const numbers = { x: put('x', x), dy: put('dy', dy), slope: put('slope', slope) };
      return { kind: 'layer', operator: work.operator, ...numbers };
    }
    case 'embed':
    case 'step': {
      checkTranslated(work.net.layers, withDepthwise);
      const { parameters, images } = netInputs(work);
      const net = {
        kind: work.kind,
        layers: work.net.layers,
        images: put('images', images),
        parameters: Object.fromEntries([...parameters].map(([name, array]) => [name, put(name, array)])),
      };
      if (work.kind === 'embed') return net;
      const { weights, labels } = stepInputs(work);
      return { ...net, weights: put('weights', weights), labels: [...labels], scale: headScale, ...momentum };
    }
  }
}
