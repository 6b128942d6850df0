/** Sizes and durations as people write and read them. */
import { InvalidArgumentError } from 'commander';

const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const DECIMAL: Record<string, number> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/**
 * A size in bytes from `512`, `64K`, `8M`, `8MiB` (powers of 1024) or `8MB` (powers of 1000), as the core utilities
 * read them.
 *
 * @throws InvalidArgumentError (of commander) when the text is no size.
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?b)?|b)?$/i.exec(text.trim());
  if (!match) throw new InvalidArgumentError(`'${text}' is not a size: write 500000, 64K, 8M or 1G.`);
  const unit = (match[2] ?? '').toUpperCase();
  const factor = match[3]?.toLowerCase() === 'b' ? DECIMAL[unit] : UNITS[unit];
  const size = Number(match[1]) * factor;
  if (!Number.isSafeInteger(size)) throw new InvalidArgumentError(`'${text}' is not a whole number of bytes.`);
  return size;
}

/**
 * A number of worker threads, 1 to 64; 0 stands for one a processor, as in xz and zstd.
 *
 * @throws InvalidArgumentError (of commander) when the text is no such number.
 */
export function parseThreads(text: string, processors: number): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n > 64) throw new InvalidArgumentError(`'${text}' is not a number of threads, 0 to 64.`);
  return n === 0 ? Math.max(1, Math.min(64, processors)) : n;
}

/** `1.5 MiB`; exact below 1 KiB. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(value < 9.995 ? 2 : 1)} ${units[unit]}`;
}

/** `12s`, `3m05s`, `2h10m`. */
export function formatSeconds(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}

/** Coded size in percent of the raw size: `32.5 %`. */
export function formatRatio(raw: number, coded: number): string {
  return raw === 0 ? '-' : `${((100 * coded) / raw).toFixed(1)} %`;
}
