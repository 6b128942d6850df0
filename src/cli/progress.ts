/** The progress bar: on a terminal only, and only for what takes longer than a second. */
import { isatty } from 'node:tty';
import cliProgress, { type Params, type SingleBar } from 'cli-progress';
import { colours, shown } from './messages.ts';
import { formatRatio, formatSeconds, formatSize } from './sizes.ts';

/** Milliseconds before a bar appears. */
const PATIENCE = 1000;
const REFRESH = 100;
/** Seconds over which the rate is measured: long enough to be steady, short enough to follow a change. */
const WINDOW = 10;

/** Where a job stands. */
export interface Standing {
  /** Raw bytes done. */
  raw: number;
  /** Coded bytes of the first `ratioRaw` raw bytes, which blocks put out behind `raw`. */
  coded: number;
  ratioRaw: number;
  /** Bytes done of `total`. */
  done: number;
  /** What `done` runs to, in bytes; undefined where it is not known. */
  total: number | undefined;
  /** What is said instead of sizes and rates of bytes, given how much is done a second. */
  facts?: (rate: number) => readonly string[];
}

/** Whether a bar may be drawn at all. */
export function barAllowed(quiet: boolean): boolean {
  return !quiet && isatty(2) && process.env.TERM !== 'dumb';
}

/** The text of one line of the bar, at most `width` columns. */
export function barLine(
  name: string,
  standing: Standing,
  rate: number,
  left: number | undefined,
  width: number,
  paint: (text: string) => string = (text) => text,
): string {
  const { total } = standing;
  const facts = [...(standing.facts?.(rate) ?? [formatSize(standing.raw), `${formatSize(rate)}/s`])];
  if (standing.ratioRaw > 0) facts.push(formatRatio(standing.ratioRaw, standing.coded));
  if (total !== undefined) facts.push(left === undefined ? '--' : `${formatSeconds(left)} left`);
  const right = facts.join('  ');
  if (total === undefined) return `${clip(name, width - right.length - 2)}  ${right}`.slice(0, width);
  const share = total === 0 ? 1 : Math.min(1, standing.done / total);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const label = clip(name, Math.max(8, Math.min(30, Math.floor(width / 4))));
  const room = width - label.length - right.length - percent.length - 7;
  if (room < 5) return `${percent}  ${right}`.slice(0, width);
  const size = Math.min(30, room);
  const full = Math.round(share * size);
  return `${label}  ${paint('█'.repeat(full))}${'░'.repeat(size - full)} ${percent}  ${right}`;
}

/** The beginning and the end of a name matter most: `linux-6.1…tar`. */
function clip(name: string, width: number): string {
  if (name.length <= width) return name;
  if (width < 3) return '';
  const tail = Math.min(6, Math.floor(width / 2));
  return name.slice(0, width - tail - 1) + '…' + name.slice(name.length - tail);
}

/** One job's bar. */
export class Progress {
  private readonly name: string;
  private readonly standing: () => Standing;
  private readonly began = performance.now();
  private readonly history: [time: number, raw: number, done: number][] = [];
  private bar: SingleBar | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  /** Whether a bar was drawn. */
  drawn = false;

  /** @param standing asked ten times a second. */
  constructor(name: string, standing: () => Standing, allowed: boolean) {
    this.name = shown(name);
    this.standing = standing;
    if (!allowed) return;
    this.timer = setInterval(() => this.tick(), REFRESH);
    this.timer.unref();
  }

  /** Removes the bar for good. It can be called more than once. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.pause();
  }

  /** Removes the bar until its next tick, so that a line can be written. */
  pause(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private tick(): void {
    const now = performance.now();
    const { raw, done, total } = this.standing();
    this.history.push([now, raw, done]);
    while (this.history.length > 2 && now - this.history[0][0] > WINDOW * 1000) this.history.shift();
    if (now - this.began < PATIENCE) return;
    if (this.bar === undefined) {
      this.bar = new cliProgress.SingleBar({
        stream: process.stderr,
        fps: 1000 / REFRESH,
        clearOnComplete: true,
        hideCursor: true,
        format: (_options, params) => this.line(params),
      });
      this.bar.start(total ?? 0, done);
      this.drawn = true;
    }
    this.bar.update(done);
  }

  private line(params: Params & { maxWidth?: number }): string {
    const [time, raw, done] = this.history[0];
    const [now, rawNow, doneNow] = this.history[this.history.length - 1];
    const seconds = Math.max(0.001, (now - time) / 1000);
    const speed = (doneNow - done) / seconds;
    const standing = this.standing();
    const left = standing.total === undefined || speed <= 0 ? undefined : (standing.total - doneNow) / speed;
    const paint = colours(2) ? (text: string) => `\u001b[36m${text}\u001b[39m` : undefined;
    // One column stays free: a full line would wrap on some terminals.
    const width = Math.max(20, (params.maxWidth ?? process.stderr.columns ?? 80) - 1);
    const rate = standing.facts === undefined ? (rawNow - raw) / seconds : speed;
    return barLine(this.name, standing, rate, left, width, paint);
  }
}
