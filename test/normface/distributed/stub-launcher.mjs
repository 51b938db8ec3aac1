#!/usr/bin/env node
/**
 * Stands in for mpirun where no MPI is: starts processes with Open MPI's variables, gives rank 0 its standard input, ends all when one
 * fails, and does what mpirun may do wrong: with STUB_LAUNCHER=hangs it does not end with its ranks.
 */
import { spawn } from 'node:child_process';

if (process.argv[2] === '--version') {
  console.log('stub (Open MPI) 4.1.0');
  process.exit(0);
}
// A launcher that starts launchers would fill the machine.
if (process.env.OMPI_COMM_WORLD_RANK !== undefined) throw new Error('a launcher inside a launcher');
const size = Math.min(4, Number(process.argv[process.argv.indexOf('-np') + 1]));
// The first word is this program's own interpreter.
const words = process.argv.slice(process.argv.indexOf(process.execPath, 2) + 1);
const ranks = Array.from({ length: size }, (_, rank) =>
  spawn(process.execPath, words, {
    stdio: [rank === 0 ? 'inherit' : 'ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      OMPI_COMM_WORLD_RANK: String(rank),
      OMPI_COMM_WORLD_SIZE: String(size),
      OMPI_COMM_WORLD_LOCAL_RANK: String(rank),
      OMPI_COMM_WORLD_LOCAL_SIZE: String(size),
    },
  }),
);
const hangs = process.env.STUB_LAUNCHER === 'hangs';
if (hangs) setInterval(() => {}, 1000);
process.on('SIGTERM', () => {
  for (const rank of ranks) rank.kill('SIGTERM');
  if (hangs) process.exit(1);
});
let left = size;
let status = 0;
for (const [number, rank] of ranks.entries())
  rank.on('exit', (code, signal) => {
    left--;
    if (status === 0) status = code ?? 137;
    if (signal === 'SIGKILL' && left === size - 1)
      console.error(
        `${'-'.repeat(60)}\nmpirun noticed that process rank ${number} with PID 0 on node here exited on signal 9 (Killed).\n${'-'.repeat(60)}`,
      );
    if (status !== 0 && !hangs) for (const other of ranks) if (other !== rank) other.kill('SIGKILL');
    if (left === 0 && !hangs) process.exit(status);
  });
