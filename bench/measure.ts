/**
 * Running a program and what it cost: wall time here, processor time and peak memory from the kernel's accounting of
 * the child (`/usr/bin/time`, since Node tells only its own). Nothing is measured in this process, so a peer's memory
 * and start-up never mix with another's.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';

/** What one run cost. Processor time and memory are null where `/usr/bin/time` is missing. */
export interface Cost {
  /** Seconds on the clock. */
  wall: number;
  /** Seconds of processor time in the program itself. */
  user: number | null;
  /** Seconds of processor time that the system spent for it. */
  system: number | null;
  /** Peak resident memory in bytes. */
  memory: number | null;
}

/** A command line, with files for what it reads and writes on its standard streams. */
export interface Command {
  argv: readonly string[];
  stdin?: string;
  stdout?: string;
}

const clock = '/usr/bin/time';

/** Whether processor time and memory can be told. */
export const accounted: boolean = existsSync(clock);

/** Runs a command to its end. Throws with what it said on stderr when it fails. */
export function run({ argv, stdin, stdout }: Command, scratch: string): Cost {
  const report = join(scratch, 'cost');
  const line = accounted ? [clock, '-q', '-f', '%U %S %M', '-o', report, ...argv] : [...argv];
  const input = stdin === undefined ? 'ignore' : openSync(stdin, 'r');
  const output = stdout === undefined ? 'ignore' : openSync(stdout, 'w');
  const start = performance.now();
  const { status, error, stderr } = spawnSync(line[0]!, line.slice(1), { stdio: [input, output, 'pipe'] });
  const wall = (performance.now() - start) / 1000;
  for (const handle of [input, output]) if (typeof handle === 'number') closeSync(handle);
  if (error || status !== 0)
    throw new Error(`${argv.join(' ')} failed (${error?.message ?? `exit ${status}`}): ${String(stderr).slice(-2000)}`);
  if (!accounted) return { wall, user: null, system: null, memory: null };
  const [user, system, kib] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  rmSync(report);
  return { wall, user: user!, system: system!, memory: kib! * 1024 };
}

/** The middle value; of an even number of values the lower of the two in the middle, so that it was really measured. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!;
}

/** The median of each part of a cost. */
export function medianCost(costs: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number | null) => {
    const values = costs.map(pick).filter((value) => value !== null);
    return values.length === costs.length ? median(values) : null;
  };
  return {
    wall: of((c) => c.wall)!,
    user: of((c) => c.user),
    system: of((c) => c.system),
    memory: of((c) => c.memory),
  };
}

/** The machine that the figures were measured on. */
export interface Machine {
  processor: string;
  cores: number;
  memory: number;
  system: string;
  node: string;
}

/** The machine this runs on. */
export function machine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory: totalmem(),
    system: platform(),
    node: process.version,
  };
}
