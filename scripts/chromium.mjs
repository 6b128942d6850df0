// Where Chromium is, without asking Playwright to download one of its own.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a Chromium or Chrome, or undefined: `CHROMIUM`, then Debian's place, then the search path. */
export function chromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const candidates = [process.env.CHROMIUM, ...folders.flatMap((folder) => names.map((name) => join(folder, name)))];
  candidates.push('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome');
  return candidates.find((path) => path && existsSync(path));
}

/** Arguments that make it start in a container, where its sandbox cannot. */
export const chromiumArguments = ['--no-sandbox', '--disable-dev-shm-usage'];
