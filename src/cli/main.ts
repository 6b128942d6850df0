/**
 * The `surprisal` command: takes the arguments apart, runs each file's job, and turns what went wrong into messages
 * and an exit code: 0 done, 1 an error.
 */
import { readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { openGraphs } from '../formats/graphs.ts';
import { samplingActions } from './actions-sampling.ts';
import { plain } from './archive.ts';
import { completionScript } from './completion.ts';
import { compressFile, type OutputOptions, type Result } from './compress.ts';
import { type CommonOptions, Context, endBy } from './context.ts';
import { decompressFile, type TestResult, testFile } from './decompress.ts';
import { compressGraphsFile, decompressGraphsFile, graphsInfo, graphsLines } from './graphs.ts';
import {
  compressImageFiles,
  decompressImagesFile,
  describeImages,
  describeModels,
  imagesLines,
  importModelFile,
  infoLines,
  modelTable,
} from './images.ts';
import { trainImages, trainLines } from './images-train.ts';
import { type ListResult, listDetails, listFile, listTable } from './list.ts';
import { CliError, colours, complain, describe, isBrokenPipe, say, shown } from './messages.ts';
import { type Actions, createProgram } from './program.ts';
import { compressRecordsFile, recordsLine } from './records.ts';
import { formatRatio, formatSize } from './sizes.ts';
import { removeTemporaries } from './target.ts';

function version(): string {
  // Beside the built command lies the package's folder; beside the source, one further up.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'surprisal') return version;
    } catch {
      // Not here.
    }
  }
  return 'unknown';
}

/** Options whose combination makes no sense are mistakes, which are better said than guessed at. */
function checkUsage(files: readonly string[], options: OutputOptions): void {
  const digit = process.argv.includes('--') ? undefined : files.find((file) => /^-\d$/.test(file));
  if (digit !== undefined)
    throw usage(`there is no option ${digit}: levels have names`, "Leave it out: 'fast' is the only one so far.");
  if (options.output !== undefined && options.stdout) throw usage('-o and -c exclude each other');
  if (options.output !== undefined && files.length > 1)
    throw usage('-o names one result, but there are several files', 'Use -c to write them one after another.');
  if (options.output === '') throw usage('-o needs the name of a file');
  if (options.rm && options.stdout)
    throw usage('--rm needs a result on disk, which -c does not make', 'Leave out one of them.');
  if (options.rm && options.keep) throw usage('--rm and -k exclude each other');
  if (files.filter((file) => file === '-').length > 1) throw usage('the standard input (-) can be read only once');
}

function usage(message: string, hint?: string): CliError {
  return new CliError('usage', message, hint);
}

/** One result or fault on its own line. With `-c` the standard output carries data, so this goes to the other. */
function printJson(value: object, toStdout: boolean): void {
  const line = JSON.stringify(value);
  if (toStdout) say(line);
  else print(line + '\n');
}

let printing = false;

/** Writes text to the standard output. */
function print(text: string): void {
  if (!printing) {
    printing = true;
    process.stdout.on('error', (error) => {
      if (isBrokenPipe(error)) endBy('SIGPIPE');
      complain(error, 'standard output');
      process.exit(1);
    });
  }
  process.stdout.write(text);
}

const seconds = (n: number) => `${n.toFixed(n < 9.95 ? 1 : 0)} s`;

function compressed(result: Result): string {
  const { file, output, raw, coded } = result;
  const bits = raw === 0 ? '' : `, ${((8 * coded) / raw).toFixed(3)} bits a byte`;
  return (
    `${shown(file)} -> ${shown(output)}: ${formatSize(raw)} to ${formatSize(coded)} (${formatRatio(raw, coded)}${bits}), ` +
    `${seconds(result.seconds)}${result.verified ? ', verified' : ''}`
  );
}

type ContentResult = Pick<Result, 'file' | 'output' | 'raw' | 'coded' | 'seconds' | 'barShown'>;

/** Of what has a ratio, but no bits a byte that would mean anything. */
function compressedContent({ file, output, raw, coded, seconds: took }: ContentResult): string {
  return `${shown(file)} -> ${shown(output)}: ${formatSize(raw)} to ${formatSize(coded)} (${formatRatio(raw, coded)}), ${seconds(took)}`;
}

function decompressed(result: ContentResult & Pick<Result, 'lost'>): string {
  const { file, output, raw, coded, lost } = result;
  if (lost !== undefined)
    return `${shown(file)} -> ${shown(output)}: saved ${formatSize(raw)}, ${seconds(result.seconds)}`;
  return `${shown(file)} -> ${shown(output)}: ${formatSize(coded)} to ${formatSize(raw)}, ${seconds(result.seconds)}, verified`;
}

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

function tested(result: TestResult): string {
  const { members, segments, blocks } = result;
  const parts = [`${result.raw} bytes`];
  if (members !== undefined && members > 1) parts.push(plural(members, 'member'));
  if (segments !== undefined) parts.push(plural(segments, 'segment'));
  if (blocks !== undefined) parts.push(plural(blocks, 'block'));
  return `${shown(result.file)}: intact: ${parts.join(', ')}; every CRC-32C and SHA-256 agrees`;
}

function lossLines(result: Result): string[] {
  return (result.lost ?? []).map(({ member, from, to, reason }) => {
    const where = member > 0 ? `member ${member + 1}, ` : '';
    const what =
      to === null ? `everything from byte ${from}` : `bytes ${from} to ${to - 1} (${plural(to - from, 'byte')})`;
    return `${where}${what} lost: ${plain(reason)}`;
  });
}

/** Runs `job` for each file; one that fails does not stop the others. */
async function each(
  files: readonly string[],
  context: Context,
  json: (file: string, error: unknown) => void,
  job: (file: string) => Promise<void>,
) {
  for (const file of files.length > 0 ? files : ['-']) {
    try {
      await job(file);
    } catch (error) {
      if (isBrokenPipe(error)) context.die('SIGPIPE');
      process.exitCode = 1;
      complain(error, file === '-' ? 'standard input' : file);
      json(file, error);
    }
  }
}

async function main(args: readonly string[]): Promise<void> {
  openGraphs();
  let program: Command;
  const start = (options: CommonOptions) => {
    const context = new Context(options);
    context.catchSignals();
    return context;
  };
  const reporter = (options: OutputOptions, files: readonly string[]) => {
    const toStdout =
      options.stdout === true || (options.output === undefined && (files.length === 0 || files.includes('-')));
    return {
      failed: (file: string, error: unknown) => {
        const { code, message } = describe(error);
        if (options.json) printJson({ file, ok: false, error: { code, message } }, toStdout);
      },
      done: (result: { barShown: boolean }, line: string) => {
        const { barShown, ...facts } = result;
        if (options.json) printJson({ ok: true, ...facts }, toStdout);
        else if (!options.quiet && (options.verbose || barShown)) say(line);
      },
    };
  };

  const actions: Actions = {
    ...samplingActions({
      start,
      print,
      say,
      attempt: async (context, json, job) => {
        try {
          await job();
        } catch (error) {
          if (isBrokenPipe(error)) context.die('SIGPIPE');
          process.exitCode = 1;
          complain(error);
          const { code, message } = describe(error);
          if (json) print(`${JSON.stringify({ ok: false, error: { code, message } })}\n`);
        }
      },
    }),
    async compress(files, options) {
      checkUsage(files, options);
      const context = start(options);
      const report = reporter(options, files);
      if (options.threads > 1 && options.segment === undefined)
        context.warn(`-T ${options.threads} changes nothing without -S: all is one segment`);
      await each(files, context, report.failed, async (file) => {
        const result = await compressFile(file, options, context);
        report.done(result, compressed(result));
      });
      await context.stop();
    },
    async decompress(files, options) {
      if (options.test) return actions.test(files, options);
      checkUsage(files, options);
      const context = start({ ...options, threads: options.threads ?? 1 });
      const report = reporter(options, files);
      await each(files, context, report.failed, async (file) => {
        const result = await decompressFile(file, options, context);
        if (result.lost !== undefined) {
          process.exitCode = 1;
          for (const line of lossLines(result)) complain(new CliError('lost', line), file);
          if (options.rm) context.warn(`${shown(file)}: not removed, because not all of it was saved`);
        }
        report.done(result, decompressed(result));
      });
      await context.stop();
    },
    async test(files, options) {
      checkUsage(files, options);
      const context = start(options);
      const report = reporter({ ...options, output: '' }, files);
      await each(files, context, report.failed, async (file) => {
        const result = await testFile(file, options, context);
        report.done({ ...result, barShown: false }, '');
        if (!options.json && !options.quiet) print(tested(result) + '\n');
      });
      await context.stop();
    },
    async compressRecords(files, options) {
      checkUsage(files, options);
      // One thread: sorted records are one segment.
      const context = start({ ...options, threads: 1 });
      const report = reporter(options, files);
      await each(files, context, report.failed, async (file) => {
        const result = await compressRecordsFile(file, options, context);
        report.done(result, `${compressed(result)}\n  ${recordsLine(result)}`);
      });
      await context.stop();
    },
    async compressGraphs(files, options) {
      checkUsage(files, options);
      const context = start({ ...options, threads: 1 });
      const report = reporter(options, files);
      await each(files, context, report.failed, async (file) => {
        const result = await compressGraphsFile(file, options, context);
        report.done(result, [compressedContent(result), ...graphsLines(result)].join('\n  '));
      });
      await context.stop();
    },
    async decompressGraphs(files, options) {
      checkUsage(files, options);
      const context = start({ ...options, threads: 1 });
      const report = reporter(options, files);
      await each(files, context, report.failed, async (file) => {
        const result = await decompressGraphsFile(file, options, context);
        report.done(result, decompressed(result));
      });
      await context.stop();
    },
    async infoGraphs(files, options) {
      checkUsage(files, options);
      const context = start({ ...options, threads: 1 });
      const report = reporter({ ...options, output: '' }, files);
      await each(files, context, report.failed, async (file) => {
        const { barShown, ...result } = await graphsInfo(file, options, context);
        if (options.json) print(`${JSON.stringify({ ok: true, ...result })}\n`);
        else print(`${shown(result.file)}: ${graphsLines(result).join('\n  ')}\n`);
      });
      await context.stop();
    },
    async trainImages(options) {
      const context = start(options);
      const report = reporter(options, ['']);
      await each([options.output], context, report.failed, async () => {
        const result = await trainImages(options, context);
        report.done(result, trainLines(result).join('\n  '));
      });
      await context.stop();
    },
    async compressImages(files, options) {
      checkUsage([], options);
      const context = start({ ...options, threads: 1 });
      const paths = files.length > 0 ? files : ['-'];
      const report = reporter(options, paths);
      await each([paths[0]], context, report.failed, async () => {
        const result = await compressImageFiles(paths, options, context);
        report.done(result, [compressedContent(result), ...imagesLines(result)].join('\n  '));
      });
      await context.stop();
    },
    async decompressImages(files, options) {
      checkUsage(files, options);
      const context = start({ ...options, threads: 1 });
      const report = reporter(options, files);
      await each(files, context, report.failed, async (file) => {
        const result = await decompressImagesFile(file, options, context);
        report.done(result, decompressed(result));
      });
      await context.stop();
    },
    async infoImages(files, options) {
      checkUsage(files, options);
      const context = start({ ...options, threads: 1 });
      const report = reporter({ ...options, output: '' }, files);
      await each(files, context, report.failed, async (file) => {
        const result = await describeImages(file, options);
        if (options.json) print(`${JSON.stringify({ ok: true, ...result })}\n`);
        else print(`${shown(result.file)}: ${infoLines(result).join('\n  ')}\n`);
      });
      await context.stop();
    },
    async listModels(options) {
      const models = await describeModels();
      if (options.json) for (const model of models) print(`${JSON.stringify({ ok: true, ...model })}\n`);
      else print(modelTable(models));
    },
    async importModel(weights, options) {
      const context = start(options);
      await each(
        [weights],
        context,
        () => {},
        () => importModelFile(weights, options),
      );
    },
    async list(files, options) {
      checkUsage(files, options);
      const context = start(options);
      const results: ListResult[] = [];
      await each(
        files,
        context,
        (file, error) => {
          const { code, message } = describe(error);
          if (options.json) print(JSON.stringify({ file, ok: false, error: { code, message } }) + '\n');
        },
        async (file) => {
          const result = await listFile(file);
          if (options.json) print(JSON.stringify({ ok: true, ...result }) + '\n');
          else if (options.verbose) print(listDetails(result));
          else results.push(result);
        },
      );
      const bold = colours(1) ? (text: string) => `\u001b[1m${text}\u001b[22m` : (text: string) => text;
      if (results.length > 0) print(listTable(results, bold));
    },
    async completion(shell) {
      print(completionScript(program, shell));
    },
  };

  program = createProgram(version(), actions);
  const quiet = { writeOut: print, writeErr: () => {} };
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  for (const command of [program, ...all]) command.configureOutput(quiet).exitOverride();
  try {
    refuseBareFile(program, args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = 1;
    complain(error instanceof CommanderError ? commanderFault(error, args) : error);
  }
}

/** `surprisal FILE` and `surprisal -d FILE`, as with gzip, are one word away from what is meant. */
function refuseBareFile(program: Command, args: readonly string[]): void {
  const known = new Set(['help', ...program.commands.flatMap((c) => [c.name(), ...c.aliases()])]);
  const gzip: Record<string, string> = { '-d': 'decompress', '--decompress': 'decompress', '-t': 'test', '-l': 'list' };
  const first = args.find((arg) => !arg.startsWith('-') || arg === '-');
  if (first !== undefined && known.has(first)) {
    if (args[0] !== first) throw usage(`options come after the command: surprisal ${first} ${args[0]} ...`);
    return;
  }
  if (args.some((arg) => ['-h', '--help', '-V', '--version'].includes(arg)) && first === undefined) return;
  const flag = args.find((arg) => arg in gzip);
  if (first === undefined && flag === undefined)
    throw usage(
      args.length === 0
        ? 'say what to do: compress, decompress, sample, profile ...'
        : `${args[0]} needs a command before it`,
      "For example 'surprisal compress FILE'; 'surprisal --help' tells more.",
    );
  const command = flag ? gzip[flag] : /\.srp$/i.test(first ?? '') ? 'decompress' : 'compress';
  const similar = [...known].find((name) => name.length > 2 && first !== undefined && nearly(first, name));
  if (first !== undefined && similar !== undefined && flag === undefined)
    throw usage(`there is no command '${shown(first)}'`, `Did you mean 'surprisal ${similar}'?`);
  throw usage(
    first === undefined ? `${flag} needs a command before it` : `'${shown(first)}' is not a command`,
    `Did you mean 'surprisal ${command}${first === undefined ? '' : ` ${shown(first)}`}'?`,
  );
}

/** Whether two words differ by a slip or two: one is a beginning of the other, or nearly all letters agree. */
function nearly(a: string, b: string): boolean {
  if (a.length >= 3 && b.startsWith(a)) return true;
  if (Math.abs(a.length - b.length) > 2) return false;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length] <= 2 && b.length > 3;
}

function commanderFault(error: CommanderError, args: readonly string[]): CliError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)/, '')
    .replace(
      /^option '(?:-\w, )?(\S+).*?' argument '.*?' is invalid\. (.)/,
      (_, flag, first) => `${flag}: ${first.toLowerCase()}`,
    )
    .replace(/^command-argument value '(.*?)' is invalid for argument '(.*?)'\./, "'$1' is no $2.");
  const meant = /\(Did you mean (.*)\?\)/.exec(error.message)?.[1];
  const command = args.find((arg) => !arg.startsWith('-'));
  if (error.code === 'commander.help')
    return usage(`say what to do with ${command}`, `See 'surprisal ${command} --help'.`);
  return usage(
    message.replace(/\.\s*$/, ''),
    meant === undefined ? `See 'surprisal ${command ?? ''} --help'.`.replace('  ', ' ') : `Did you mean ${meant}?`,
  );
}

// Nobody reads the messages any more: that is no reason to stop.
process.stderr.on('error', () => {});
process.on('exit', removeTemporaries);
process.on('uncaughtException', (error) => {
  complain(new CliError('internal', `a fault in surprisal itself: ${error.stack ?? error.message}`));
  process.exit(1);
});

await main(process.argv.slice(2));
// Not left to the event loop: a pipe that its writer holds open, or a thread that has failed, would keep it turning.
if (printing) await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit();
