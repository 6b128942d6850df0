/** The command's definition: what it takes and what its help says. Completions and the manual are made from it. */
import { availableParallelism } from 'node:os';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { checkEncodeOptions, type Level, MIN_SEGMENT_SIZE } from '../formats/options.ts';
import { SHELLS, type Shell } from './completion.ts';
import type { CompressCommandOptions } from './compress.ts';
import type { CommonOptions } from './context.ts';
import type { DecompressCommandOptions, ReadOptions } from './decompress.ts';
import { parseSize, parseThreads } from './sizes.ts';

/** What the commands do; apart from their definition, so that help and completions load no models. */
export interface Actions {
  compress(files: string[], options: CompressCommandOptions): Promise<void>;
  decompress(files: string[], options: DecompressCommandOptions & { test?: boolean }): Promise<void>;
  test(files: string[], options: ReadOptions): Promise<void>;
  list(files: string[], options: CommonOptions): Promise<void>;
  completion(shell: Shell): Promise<void>;
}

const LEVELS = ['fast'];

function level(value: string): Level {
  try {
    checkEncodeOptions({ level: value as Level });
  } catch (error) {
    throw new InvalidArgumentError(`${capital((error as Error).message)}.`);
  }
  return value as Level;
}

const capital = (text: string) => text[0].toUpperCase() + text.slice(1);

function segment(text: string): number {
  const size = parseSize(text);
  if (size < MIN_SEGMENT_SIZE) throw new InvalidArgumentError('A segment takes at least 64K.');
  return size;
}

function levelOption(): Option {
  const option = new Option('-L, --level <level>', 'how hard to try').default('fast').argParser(level);
  option.argChoices = LEVELS;
  return option;
}

const threads = () =>
  new Option('-T, --threads <n>', 'segments to code side by side, 0 for one a processor; never changes a byte')
    .default(1)
    .argParser((text) => parseThreads(text, availableParallelism()));

const memory = () =>
  new Option('--memory <size>', 'refuse a model that takes more memory than this (default: 512M)').argParser(parseSize);

const maxOutput = () =>
  new Option('--max-output <size>', 'stop when the output gets larger than this').argParser(parseSize);

const json = () => new Option('--json', 'print one JSON object a file');

function outputOptions(command: Command): Command {
  return command
    .option('-o, --output <file>', 'write to this file')
    .option('-c, --stdout', 'write to the standard output')
    .option('-f, --force', 'overwrite; follow symbolic links; write to a terminal')
    .option('-k, --keep', 'keep the original (as it is without --rm)')
    .option('--rm', 'remove the original once the result is safe on disk');
}

const talk = (command: Command) =>
  command.option('-q, --quiet', 'no bar, no warnings').option('-v, --verbose', 'say what was done').addOption(json());

/** Builds the program. Nothing runs before it is given arguments. */
export function createProgram(version: string, actions: Actions): Command {
  const program = new Command('surprisal');
  program
    .description('Compresses files with a model that learns while it reads. Every model is a codec.')
    .usage('<command> [options] [file...]')
    .version(`surprisal ${version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      `
Without a file, or for the file -, the standard input is read and the standard output written.
The original is kept. Exit codes: 0 done, 1 an error, usage included.

Examples:
  surprisal compress book.txt            writes book.txt.srp
  surprisal decompress book.txt.srp      writes book.txt
  surprisal test *.srp                   checks archives without writing anything
  tar -cf - folder | surprisal compress -o folder.tar.srp`,
    );

  const compress = program
    .command('compress')
    .alias('c')
    .summary('compress files or a pipe')
    .description('Compresses each FILE to FILE.srp, decoding it again on a second thread to be sure.')
    .argument('[file...]', 'files to compress; - is the standard input');
  outputOptions(compress)
    .addOption(levelOption())
    .option(
      '-S, --segment <size>',
      'start a fresh model every so many bytes (64K or more): for -T and --recover, at the cost of ratio',
      segment,
    )
    .addOption(threads())
    .option('--verify', 'decode and compare while compressing', true)
    .option('--no-verify', 'do not decode and compare while compressing')
    .addOption(memory())
    .option('--size-hint <size>', 'about how much will come through a pipe: fits the model to it', parseSize)
    .option('--name', "keep the file's name and time in the archive")
    .option('--no-name', 'keep neither (default)');
  // Of the two, commander would take the negated one as saying that the default is true.
  compress.setOptionValueWithSource('name', false, 'default');
  talk(compress)
    .addHelpText(
      'after',
      `
Sizes are bytes, or 64K, 8M, 1G (powers of 1024).

Examples:
  surprisal compress book.txt                     writes book.txt.srp
  surprisal compress --rm *.log                   and removes each original
  surprisal compress -S 8M -T 4 large.tar         four segments of 8 MiB at a time
  pg_dump db | surprisal compress -o db.sql.srp   from a pipe
  surprisal compress -c book.txt | ssh host 'cat > book.txt.srp'`,
    )
    .action((files: string[], options: CompressCommandOptions) => actions.compress(files, options));

  const decompress = program
    .command('decompress')
    .alias('d')
    .summary('decompress archives or a pipe')
    .description('Decompresses each FILE.srp to FILE. Every block is verified before it is written.')
    .argument('[file...]', 'archives; - is the standard input');
  talk(
    outputOptions(decompress)
      .option('-t, --test', "only check, as 'surprisal test' does")
      .option('--recover', 'save what is intact of a damaged archive, zeros in the gaps, and say what is lost')
      .addOption(threads())
      .addOption(memory())
      .addOption(maxOutput()),
  )
    .addHelpText(
      'after',
      `
A name kept in an archive is never used as a path; the result is named after the archive.

Examples:
  surprisal decompress book.txt.srp               writes book.txt
  surprisal decompress -c logs.srp | grep error   to a pipe
  surprisal decompress -o out.bin data.srp        to a file of another name
  surprisal decompress --recover damaged.srp      saves what can be saved; exit code 1 if not all of it
  surprisal decompress --memory 100M --max-output 1G unknown.srp`,
    )
    .action((files: string[], options: DecompressCommandOptions & { test?: boolean }) =>
      actions.decompress(files, options),
    );

  const test = program
    .command('test')
    .alias('t')
    .summary('check archives, writing nothing')
    .description('Decodes each archive and checks all its checksums, writing nothing.')
    .argument('[file...]', 'archives; - is the standard input');
  talk(test.addOption(threads()).addOption(memory()).addOption(maxOutput()))
    .addHelpText(
      'after',
      `
The checksums find damage, except with probability 2^-32 a block; they are no signature.

Examples:
  surprisal test backup.tar.srp
  surprisal test -q *.srp && echo all intact`,
    )
    .action((files: string[], options: ReadOptions) => actions.test(files, options));

  program
    .command('list')
    .alias('l')
    .summary('show what archives hold')
    .description('Shows method, sizes and check of each archive, without decoding it.')
    .argument('[file...]', 'archives; - is the standard input')
    .option('-v, --verbose', 'show everything, parameters, name and time included')
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  surprisal list *.srp
  surprisal list -v book.txt.srp
  surprisal list --json book.txt.srp | jq .members[0].sha256`,
    )
    .action((files: string[], options: CommonOptions) => actions.list(files, options));

  program
    .command('completion')
    .summary('print the completions for a shell')
    .description('Prints a script that teaches a shell to complete this command.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  echo 'source <(surprisal completion bash)' >> ~/.bashrc
  surprisal completion zsh > ~/.zfunc/_surprisal
  surprisal completion fish > ~/.config/fish/completions/surprisal.fish`,
    )
    .action((shell: Shell) => actions.completion(shell));

  return program;
}
