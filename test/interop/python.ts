/** A Python with constriction's wheel, for the interop test and for the benchmark of the coders. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The version that words are held against. */
export const WHEEL = 'constriction==0.5.0';
/** The package's folder. */
export const root: string = join(import.meta.dirname, '../..');
/** Where the Python is made, and a place for files of its runs. */
export const home: string = join(root, '.cache/interop');
/** Milliseconds for one program. */
const LIMIT = 240_000;

/** How a program ended, and all that it printed. */
export interface Ran {
  ok: boolean;
  said: string;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], cwd = root): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: LIMIT });
  return { ok: status === 0, said: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() };
}

/** A Python with the wheel, made where there is none; or why there is none. */
export function python(): { path: string } | { missing: string } {
  const path = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const check = `import numpy, importlib.metadata as m; assert "constriction==" + m.version("constriction") == "${WHEEL}"`;
  if (existsSync(path) && run(path, ['-c', check]).ok) return { path };
  const host = ['python3', 'python'].find(
    (name) => run(name, ['-c', 'import sys; assert sys.version_info >= (3, 9)']).ok,
  );
  if (host === undefined) return { missing: 'no Python 3.9 or newer' };
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(root, '.cache'), { recursive: true });
  const venv = run(host, ['-m', 'venv', home]);
  if (!venv.ok) return { missing: `no venv (python3-venv and pip are needed): ${venv.said.split('\n')[0]}` };
  console.log(`installing ${WHEEL} and numpy …`);
  const pip = run(path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', WHEEL, 'numpy']);
  if (pip.ok && run(path, ['-c', check]).ok) return { path };
  return { missing: `no wheel ${WHEEL}: ${pip.said.split('\n').pop()}` };
}
