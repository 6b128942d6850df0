/** A Python of a bench's own: an environment in .cache/ with what a peer needs, made where there is none. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../test/interop/python.ts';

/**
 * Where the Python is that has these packages, or why there is none.
 *
 * @param name - Of the environment.
 * @param packages - As both pip and import call them.
 */
export function pythonWith(name: string, packages: readonly string[]): { path: string } | { missing: string } {
  const home = join(import.meta.dirname, '../../.cache', name);
  const path = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const check = ['-c', `import ${packages.join(', ')}`];
  if (existsSync(path) && run(path, check).ok) return { path };
  const host = ['python3', 'python'].find((program) => run(program, ['--version']).ok);
  if (host === undefined) return { missing: 'no Python 3' };
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, '..'), { recursive: true });
  const venv = run(host, ['-m', 'venv', home]);
  if (!venv.ok) return { missing: `no venv (python3-venv and pip are needed): ${venv.said.split('\n')[0]}` };
  process.stderr.write(`installing ${packages.join(', ')} …\n`);
  const pip = run(path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  if (pip.ok && run(path, check).ok) return { path };
  return { missing: `no ${packages.join(', ')}: ${pip.said.split('\n').pop()}` };
}
