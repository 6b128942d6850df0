/** What the jobs of one call share: options, threads, and what has to be undone when the call is cut short. */
import { WorkerPool } from '../worker.ts';
import { beforeSaying, say } from './messages.ts';
import { barAllowed, Progress, type Standing } from './progress.ts';
import { removeTemporaries } from './target.ts';

/** Options that several commands take, as commander delivers them. */
export interface CommonOptions {
  quiet?: boolean;
  verbose?: boolean;
  json?: boolean;
  threads: number;
  memory?: number;
}

/** A pool of threads for each direction, started when needed and used again for the next file. */
export class Context {
  readonly options: CommonOptions;
  private readonly pools: { encode?: WorkerPool; decode?: WorkerPool } = {};
  private bar: Progress | undefined;

  constructor(options: CommonOptions) {
    this.options = options;
    beforeSaying(() => this.bar?.pause());
  }

  encoder(): WorkerPool {
    return (this.pools.encode ??= new WorkerPool({ threads: this.options.threads }));
  }

  decoder(): WorkerPool {
    return (this.pools.decode ??= new WorkerPool({ threads: this.options.threads }));
  }

  /** Shows a bar for a job, where one may be shown. */
  startBar(name: string, standing: () => Standing): Progress {
    this.bar = new Progress(name, standing, barAllowed(this.options.quiet === true));
    return this.bar;
  }

  /** Ends the threads, whatever they are doing. */
  async stop(): Promise<void> {
    const { encode, decode } = this.pools;
    this.pools.encode = undefined;
    this.pools.decode = undefined;
    await Promise.all([encode?.terminate(), decode?.terminate()]);
  }

  /** A warning, unless the user wants none. */
  warn(text: string): void {
    if (!this.options.quiet) say(`surprisal: ${text}`);
  }

  /** Ends the process at once by `signal`, as if it had never been caught, leaving no temporary file. */
  die(signal: NodeJS.Signals): never {
    this.bar?.stop();
    removeTemporaries();
    endBy(signal);
  }

  /** Catches the signals that ask a process to end. */
  catchSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.die(signal));
  }
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 };

/** Ends the process by `signal` as if it had never been caught, so that a shell sees what has happened. */
export function endBy(signal: NodeJS.Signals): never {
  // Node ignores SIGPIPE; a listener that comes and goes leaves the system's default behind.
  process.on(signal, () => {});
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The signal arrives before this line in practice; where it does not, the exit code says the same.
  process.exit(128 + (SIGNAL_NUMBERS[signal] ?? 0));
}
