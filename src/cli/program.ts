/** The command's definition: what it takes and what its help says. Completions and the manual are made from it. */
import { availableParallelism } from 'node:os';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { checkEncodeOptions, type Level, MIN_SEGMENT_SIZE } from '../formats/options.ts';
import { SHELLS, type Shell } from './completion.ts';
import type { CompressCommandOptions } from './compress.ts';
import type { CommonOptions } from './context.ts';
import type { DecompressCommandOptions, ReadOptions } from './decompress.ts';
import type { GraphsCommandOptions, GraphsDecompressOptions } from './graphs.ts';
import { addImages, type ImagesActions } from './program-images.ts';
import { addSampling, type SamplingActions } from './program-sampling.ts';
import type { RecordsCommandOptions } from './records.ts';
import { parseSize, parseThreads } from './sizes.ts';

/** What the commands do; apart from their definition, so that help and completions load no models. */
export interface Actions extends ImagesActions, SamplingActions {
  compress(files: string[], options: CompressCommandOptions): Promise<void>;
  decompress(files: string[], options: DecompressCommandOptions & { test?: boolean }): Promise<void>;
  test(files: string[], options: ReadOptions): Promise<void>;
  list(files: string[], options: CommonOptions): Promise<void>;
  compressRecords(files: string[], options: RecordsCommandOptions): Promise<void>;
  compressGraphs(files: string[], options: GraphsCommandOptions): Promise<void>;
  decompressGraphs(files: string[], options: GraphsDecompressOptions): Promise<void>;
  infoGraphs(files: string[], options: ReadOptions): Promise<void>;
  completion(shell: Shell): Promise<void>;
}

const LEVELS = ['fast'];
const RECORD_TYPES = ['lines', 'jsonl', 'csv'];

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

function recordSize(text: string): number {
  const size = parseSize(text);
  if (size < 1 || size > 2 ** 20) throw new InvalidArgumentError('A record takes 1 byte to 1M.');
  return size;
}

function recordType(): Option {
  const option = new Option('--type <type>', 'what a record is (default: csv for *.csv, else lines)');
  return option.choices(RECORD_TYPES);
}

function roundsOption(text: string): number {
  const rounds = Number(text);
  if (!/^\d+$/.test(text) || rounds > 16)
    throw new InvalidArgumentError(`'${text}' is not a number of rounds, 0 to 16.`);
  return rounds;
}

const graphFormat = (text: string) => new Option('--format <format>', text).choices(['edges', 'tu', 'graphml']);

function levelOption(): Option {
  const option = new Option('-L, --level <level>', 'how hard to try').default('fast').argParser(level);
  option.argChoices = LEVELS;
  return option;
}

const threads = (text = 'segments to code side by side, 0 for one a processor; never changes a byte') =>
  new Option('-T, --threads <n>', text).default(1).argParser((text) => parseThreads(text, availableParallelism()));

const memory = () =>
  new Option('--memory <size>', 'refuse a model that takes more memory than this (default: 512M)').argParser(parseSize);

const maxOutput = () =>
  new Option('--max-output <size>', 'stop when the output gets larger than this').argParser(parseSize);

const json = () => new Option('--json', 'print one JSON object a file');

const placeOptions = (command: Command): Command =>
  command
    .option('-o, --output <file>', 'write to this file')
    .option('-c, --stdout', 'write to the standard output')
    .option('-f, --force', 'overwrite; follow symbolic links; write to a terminal');

const outputOptions = (command: Command): Command =>
  placeOptions(command)
    .option('-k, --keep', 'keep the original (as it is without --rm)')
    .option('--rm', 'remove the original once the result is safe on disk');

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

  const records = program
    .command('records')
    .alias('r')
    .summary('compress files whose records have no order')
    .description(
      'For files whose records have no order. THE ORDER IS NOT KEPT: what comes back is the same multiset of records, sorted.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  surprisal records compress urls.txt        lines
  surprisal records compress --size 16 ids   binary records
  surprisal records decompress urls.txt.srp  writes urls.txt, sorted`,
    );

  const compressRecords = records
    .command('compress')
    .alias('c')
    .summary('compress files whose records have no order')
    .description(
      'Compresses each FILE to FILE.srp. THE ORDER OF THE RECORDS IS NOT KEPT: what comes back is the same multiset of records, sorted byte by byte, each as it was. Two ways are tried, the records sorted and a multiset, and the smaller is written.',
    )
    .argument('[file...]', 'files to compress; - is the standard input')
    .addOption(recordType())
    .option('--size <size>', 'records are so many bytes each, without separators', recordSize)
    .option('--header', 'the first row of CSV stays the first', true)
    .option('--no-header', 'the first row of CSV is a record like the others');
  talk(
    outputOptions(compressRecords)
      .addOption(levelOption())
      .option('--verify', 'decode and compare the records before writing', true)
      .option('--no-verify', 'do not decode and compare')
      .addOption(memory())
      .option('--name', "keep the file's name and time in the archive")
      .option('--no-name', 'keep neither (default)'),
  )
    .addHelpText(
      'after',
      `
Types: lines, ended by LF or CR LF; jsonl, JSON lines, which are lines; csv, rows whose quoted fields may hold line ends.
A whole file is held in memory, at most 1 GiB. -v says what each way takes, and what the order would.

Examples:
  surprisal records compress -v urls.txt           one URL a line, in any order
  surprisal records compress --size 8 ids.bin      binary ids of 8 bytes
  surprisal records compress --type csv - < rows   the header row stays first`,
    )
    .action((files: string[], options: RecordsCommandOptions) => actions.compressRecords(files, options));
  compressRecords.setOptionValueWithSource('name', false, 'default');

  const decompressRecords = records
    .command('decompress')
    .alias('d')
    .summary('decompress archives of records')
    .description(
      "Decompresses each FILE.srp to FILE, as 'surprisal decompress' does: the records in sorted order, below the header row of CSV.",
    )
    .argument('[file...]', 'archives; - is the standard input');
  talk(outputOptions(decompressRecords).addOption(memory()).addOption(maxOutput()))
    .addHelpText(
      'after',
      `
Examples:
  surprisal records decompress urls.txt.srp
  surprisal records decompress -c urls.txt.srp | shuf`,
    )
    .action((files: string[], options: DecompressCommandOptions) => actions.decompress(files, options));

  const graphs = program
    .command('graphs')
    .alias('g')
    .summary('compress graphs whose vertices have no names')
    .description(
      'For graphs whose vertices have no names. NAMES AND ORDER OF VERTICES ARE NOT KEPT: what comes back is isomorphic.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  surprisal graphs compress roads.txt        an edge list
  surprisal graphs compress MUTAG            the folder of a TU data set
  surprisal graphs decompress roads.txt.srp  writes roads.txt, other names
  surprisal graphs info MUTAG.srp            where the bits go`,
    );

  const compressGraphs = graphs
    .command('compress')
    .alias('c')
    .summary('compress graphs whose vertices have no names')
    .description(
      'Compresses each FILE or folder to FILE.srp. NAMES AND ORDER OF VERTICES ARE NOT KEPT, nor is the order of edges: what comes back is isomorphic, graph by graph, with all labels and the graphs in their order. It is decoded and compared before it is written.',
    )
    .argument('[file...]', 'edge lists, GraphML, folders or zips of TU data sets; - is the standard input')
    .addOption(graphFormat('what the files are (default: what they look like)'))
    .option('--directed', 'edges have a direction, where the format does not say')
    .addOption(
      new Option('--model <model>', 'er, polya or ap (default: the smallest of those tried)').choices([
        'er',
        'polya',
        'ap',
      ]),
    )
    .addOption(
      new Option('--form <form>', 'how names are forgotten (default: the smallest of those tried)').choices([
        'joint',
        'incomplete',
        'autoregressive',
      ]),
    )
    .option('--ordered', 'number the vertices as they come and keep these numbers, which costs more')
    .option('--rounds <n>', 'rounds of colour refinement, 0 to 16 (default: 4)', roundsOption);
  talk(
    outputOptions(compressGraphs)
      .addOption(memory())
      .option('--name', "keep the file's name and time in the archive")
      .option('--no-name', 'keep neither (default)'),
  )
    .addHelpText(
      'after',
      `
Edge lists: two names a line, or three columns where edges have labels; # and % begin comments; a single name is a
vertex without edges. Models: er, any edge as likely as any other; polya and ap, few vertices have many edges.
What cannot be kept is refused, never dropped: edges that are there twice, real-valued attributes.
-v says what each part takes.

Examples:
  surprisal graphs compress -v roads.txt
  surprisal graphs compress --directed --model er links.csv
  surprisal graphs compress -o mutag.srp MUTAG.zip`,
    )
    .action((files: string[], options: GraphsCommandOptions) => actions.compressGraphs(files, options));
  compressGraphs.setOptionValueWithSource('name', false, 'default');

  const decompressGraphs = graphs
    .command('decompress')
    .alias('d')
    .summary('decompress archives of graphs')
    .description(
      'Decompresses each FILE.srp to FILE: graphs isomorphic to those that went in, their vertices numbered anew.',
    )
    .argument('[file...]', 'archives; - is the standard input')
    .addOption(graphFormat('what to write (default: what the name of the result says, or graphml)'));
  talk(outputOptions(decompressGraphs).addOption(memory()).addOption(maxOutput()))
    .addHelpText(
      'after',
      `
Edge lists hold one graph without labels of vertices; tu is a zip of a TU data set, whose labels are whole numbers;
graphml holds everything, and is what 'surprisal decompress' writes.

Examples:
  surprisal graphs decompress roads.txt.srp
  surprisal graphs decompress --format tu MUTAG.srp   writes MUTAG.zip
  surprisal graphs decompress -o all.graphml MUTAG.srp`,
    )
    .action((files: string[], options: GraphsDecompressOptions) => actions.decompressGraphs(files, options));

  const infoGraphs = graphs
    .command('info')
    .alias('i')
    .summary('show what archives of graphs hold')
    .description('Decodes each archive of graphs and shows what it holds and where its bits go, writing nothing.')
    .argument('[file...]', 'archives; - is the standard input');
  talk(infoGraphs.addOption(memory()).addOption(maxOutput()))
    .addHelpText(
      'after',
      `
Examples:
  surprisal graphs info MUTAG.srp
  surprisal graphs info --json *.srp | jq .bitsPerEdge`,
    )
    .action((files: string[], options: ReadOptions) => actions.infoGraphs(files, options));

  addImages(program, actions, { placeOptions, talk, threads, memory, maxOutput });
  addSampling(program, actions);

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
