/**
 * Two hosts on one machine: network namespaces, between them a cable of two virtual interfaces whose bandwidth Linux limits (tc-tbf(8)). For
 * it root is needed.
 */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../src/common/errors.ts';
import type { Hosts } from './job.ts';

/** Bits a second in either direction. */
const rate = '1gbit';

const device = 'link0';

/** Programs that are called, and the Debian package that has them. */
const programs = [['ip', 'tc'], 'iproute2'] as const;

interface Namespace {
  readonly name: string;
  readonly address: string;
}

export class LinkedNamespaces {
  /** For people. */
  readonly description = `two network namespaces, ${rate} between them`;
  private readonly folder: string;
  private readonly both: readonly [Namespace, Namespace];

  /** @throws UserError where they cannot be made; then nothing is left of them */
  constructor() {
    if (process.platform !== 'linux') throw new UserError('--namespaces: there are none but on Linux');
    if (process.getuid?.() !== 0) throw new UserError('--namespaces needs root, to make network namespaces');
    const [names, debian] = programs;
    const missing = names.find((name) => !isProgram(name));
    if (missing) throw new UserError(`--namespaces needs ${missing}: apt-get install ${debian}`);
    // Those of other runs have other numbers.
    const base = `nfb${process.pid}`;
    const [a, b] = [
      { name: `${base}a`, address: '10.77.0.1' },
      { name: `${base}b`, address: '10.77.0.2' },
    ];
    this.both = [a, b];
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-link-'));
    try {
      for (const { name } of this.both) run('ip', 'netns', 'add', name);
      run(
        ...['ip', 'link', 'add', device, 'netns', a.name],
        ...['type', 'veth', 'peer', 'name', device, 'netns', b.name],
      );
      for (const { name, address } of this.both) {
        run('ip', '-n', name, 'address', 'add', `${address}/24`, 'dev', device);
        for (const up of ['lo', device]) run('ip', '-n', name, 'link', 'set', up, 'up');
        const limit = ['rate', rate, 'burst', '128kb', 'latency', '50ms'];
        run('tc', '-n', name, 'qdisc', 'add', 'dev', device, 'root', 'tbf', ...limit);
        // Found by programs in the namespace in the place of the system's.
        const hosts = this.both.map((each) => `${each.address} ${each.name}\n`).join('');
        fs.mkdirSync(`/etc/netns/${name}`, { recursive: true });
        fs.writeFileSync(`/etc/netns/${name}/hosts`, `127.0.0.1 localhost\n${hosts}`);
      }
      fs.writeFileSync(this.agent, agentOf(this.both), { mode: 0o755 });
    } catch (error) {
      this.remove();
      throw new UserError(`--namespaces: ${(error as Error).message}`);
    }
  }

  private get agent(): string {
    return path.join(this.folder, 'agent');
  }

  /** Where so many ranks run, half of them on each side. */
  hostsFor(ranks: number): Hosts {
    const [first] = this.both;
    return {
      hosts: this.both.map(({ address }) => ({ host: address, ranks: ranks / 2 })),
      names: this.both.map(({ name }) => name),
      rshAgent: this.agent,
      inFirst: insideOf(first.name),
      // UCX, by which MPICH talks, would notice that both are one machine.
      environment: { UCX_TLS: 'tcp,self' },
    };
  }

  /** Bytes that have left the first side by the cable, with everything that the network puts around them. */
  bytesOut(): number {
    const text = execFileSync('ip', ['-n', this.both[0].name, '-s', '-j', 'link', 'show', device], {
      encoding: 'utf8',
    });
    const [link] = JSON.parse(text) as [{ stats64: { tx: { bytes: number } } }];
    return link.stats64.tx.bytes;
  }

  /** Removes all of it; what still runs in there is ended. May be called again. */
  remove(): void {
    for (const { name } of this.both) {
      for (const pid of processesIn(name)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      }
      quietly('ip', 'netns', 'delete', name);
      fs.rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs what follows in a namespace, as a host with the namespace's name. */
const insideOf = (name: string): string[] => [
  ...['ip', 'netns', 'exec', name, 'unshare', '--uts'],
  ...['sh', '-c', `hostname ${name}; exec "$@"`, 'sh'],
];

/** A program that does in the namespaces what ssh does on hosts: options, the host, then words that make up a command line. */
function agentOf(both: readonly Namespace[]): string {
  const cases = both.map(({ name, address }) => `  ${address}|${name}) name=${name} ;;`);
  return [
    '#!/bin/sh',
    'while case "$1" in -*) true ;; *) false ;; esac; do shift; done',
    'case "$1" in',
    ...cases,
    '  *) echo "no namespace is called $1" >&2; exit 255 ;;',
    'esac',
    'shift',
    'exec ip netns exec "$name" unshare --uts sh -c "hostname $name; $*"',
    '',
  ].join('\n');
}

function run(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function quietly(command: string, ...words: string[]): void {
  try {
    run(command, ...words);
  } catch {
    // It is not there.
  }
}

function processesIn(name: string): number[] {
  try {
    const text = execFileSync('ip', ['netns', 'pids', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function isProgram(name: string): boolean {
  try {
    execFileSync(name, ['-V'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
