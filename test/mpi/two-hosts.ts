/**
 * Two hosts on one machine: network namespaces that a pair of virtual cards joins, each with a name of its own. Processes of the first
 * host do not see those of the second, which are started by a stand-in of ssh that hands on no variables.
 */

import { execFileSync, spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import type { TestContext } from 'vitest';
import { kill } from './processes.ts';
import type { Trainings } from './training.ts';

export const mayMakeHosts: boolean = process.platform === 'linux' && process.getuid?.() === 0 && hasIp();

function hasIp(): boolean {
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Words of `--hosts` for one rank on each. */
export const hosts = '10.77.0.1:1,10.77.0.2:1';

export class TwoHosts {
  /** What a process of the first host is started by; it says at its end which programs are left there. */
  readonly by: readonly string[];
  /** Program for `--rsh-agent`. */
  readonly rshAgent: string;
  private readonly names: readonly [string, string];

  /**
   * @param name unlike those of others that there are at the same time, in its first letter, too: names of cards are short
   * @param test at whose end they go; one that others run beside must say which it is
   */
  constructor(trainings: Trainings, name: string, { onTestFinished }: TestContext) {
    const [a, b] = ['a', 'b'].map((end) => `nf${process.pid}${name[0]}${end}`) as [string, string];
    this.names = [a, b];
    const server = serve(path.join(trainings.root, `${name}.sock`), b);
    onTestFinished(() => {
      server.close();
      for (const host of this.names) {
        if (!ip('netns', 'list').split(/\s/).includes(host)) continue;
        kill(this.processes(host));
        ip('netns', 'delete', host);
      }
    });
    for (const host of [a, b]) ip('netns', 'add', host);
    ip('link', 'add', a, 'netns', a, 'type', 'veth', 'peer', 'name', b, 'netns', b);
    for (const [i, host] of [a, b].entries()) {
      ip('-n', host, 'address', 'add', `10.77.0.${i + 1}/24`, 'dev', host);
      for (const card of ['lo', host]) ip('-n', host, 'link', 'set', card, 'up');
    }
    this.rshAgent = trainings.write(
      `${name}-ssh.mjs`,
      agent(path.join(trainings.root, `${name}.sock`)),
      0o755,
    );
    const inside = `hostname host-a; "$@"; status=$?; sleep 2; echo "left on a: $(ps -eo comm= | grep -vxE 'sh|ps|grep')"; exit $status`;
    this.by = [
      ...['ip', 'netns', 'exec', a, 'unshare', '--uts', '--pid', '--fork', '--mount-proc'],
      ...['sh', '-c', inside, 'sh'],
    ];
  }

  /** Whether both ends of the link are in use, which the system tells up to a second late; UCX leaves out cards that are not. */
  isUp(): boolean {
    return this.names.every((host) => ip('-n', host, 'link', 'show', host).includes('state UP'));
  }

  /** Cuts the link between them, as somebody who pulls out the cable. */
  cut(): void {
    ip('-n', this.names[0], 'link', 'set', this.names[0], 'down');
  }

  /** Processes on the second host. */
  onSecond(): readonly number[] {
    return this.processes(this.names[1]);
  }

  private processes(host: string): number[] {
    return ip('netns', 'pids', host).split('\n').filter(Boolean).map(Number);
  }
}

function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8' });
}

/** Starts what is asked for on the second host: the part of ssh's server. */
function serve(socket: string, host: string): net.Server {
  return net
    .createServer((connection) => {
      connection.once('data', (command) => {
        const child = spawn(
          'ip',
          ['netns', 'exec', host, 'unshare', '--uts', 'sh', '-c', `hostname host-b; ${command}`],
          { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: process.env.HOME } },
        );
        child.stdin.on('error', () => {});
        connection.on('error', () => {}).pipe(child.stdin);
        for (const stream of [child.stdout, child.stderr]) stream.pipe(connection, { end: false });
        child.on('exit', () => connection.end());
      });
    })
    .listen(socket);
}

/** The part of ssh: `agent [flags] HOST COMMAND…`. */
const agent = (socket: string): string => `#!${process.execPath}
import net from 'node:net';
const words = process.argv.slice(2);
while (words[0]?.startsWith('-')) words.shift();
const connection = net.connect(${JSON.stringify(socket)});
connection.write(words.slice(1).join(' '));
process.stdin.pipe(connection);
connection.pipe(process.stdout);
connection.on('close', () => process.exit(0)).on('error', () => process.exit(255));
`;
