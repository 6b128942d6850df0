/** The definition of `surprisal images`: what its commands take and what their help says. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommonOptions } from './context.ts';
import type { ReadOptions } from './decompress.ts';
import type { ImagesCommandOptions, ImagesDecompressOptions, ImportCommandOptions } from './images.ts';
import type { TrainCommandOptions } from './images-train.ts';
import { parseSize } from './sizes.ts';

/** What the commands do. */
export interface ImagesActions {
  trainImages(options: TrainCommandOptions): Promise<void>;
  compressImages(files: string[], options: ImagesCommandOptions): Promise<void>;
  decompressImages(files: string[], options: ImagesDecompressOptions): Promise<void>;
  infoImages(files: string[], options: ReadOptions): Promise<void>;
  listModels(options: CommonOptions): Promise<void>;
  importModel(weights: string, options: ImportCommandOptions): Promise<void>;
}

/** Options that other commands have as well. */
export interface SharedOptions {
  placeOptions(command: Command): Command;
  talk(command: Command): Command;
  threads(text: string): Option;
  memory(): Option;
  maxOutput(): Option;
}

/** Kinds of models that can be trained by name. */
const KINDS = ['vae-binary', 'vae', 'bitswap', 'hilloc', 'diffusion', 'pixels-binary', 'pixels'];

/** A whole number within bounds. */
const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`'${text}' is not a whole number from ${least} to ${most}.`);
    return value;
  };

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`'${text}' is not a number.`);
  return value;
}

function size(text: string): readonly [height: number, width: number] {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text);
  const width = Number(match?.[1] ?? 0);
  const height = Number(match?.[2] ?? width);
  if (width < 1 || height < 1) throw new InvalidArgumentError(`'${text}' is not a size: write 32 or 48x32.`);
  return [height, width];
}

function setting(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const match = /^([A-Za-z]\w*)=(.+)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError(`'${text}' is not NAME=VALUE.`);
  let value: unknown;
  try {
    value = JSON.parse(match[2]);
  } catch {
    // A word needs no quotes.
    value = match[2];
  }
  return { ...before, [match[1]]: value };
}

/** Adds `surprisal images` to the program. */
export function addImages(program: Command, actions: ImagesActions, shared: SharedOptions): void {
  const { placeOptions, talk, threads, memory, maxOutput } = shared;
  const images = program
    .command('images')
    .alias('i')
    .summary('compress images with learned models')
    .description(
      'For many images of a kind: lossless, with a model that was trained before. WHOEVER DECOMPRESSES NEEDS THE SAME MODEL; the archive names it by its hash.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  surprisal images train --data train-images-idx3-ubyte.gz --model vae-binary -o digits.safetensors
  surprisal images compress -m digits.safetensors -o digits.srp scans
  surprisal images decompress -m digits.safetensors digits.srp
  surprisal images info digits.srp
  surprisal images models                    lists those that come along`,
    );

  const train = images
    .command('train')
    .alias('t')
    .summary('train a model of images')
    .description(
      'Trains a model and writes it as safetensors. The same options give the same bits on every machine, with any number of threads, in one go or resumed.',
    )
    .requiredOption('--data <path...>', 'images to learn from: an IDX file (.gz too), files, or a folder')
    .addOption(new Option('--model <kind>', 'what is trained').choices(KINDS).makeOptionMandatory())
    .requiredOption('-o, --output <file>', 'write the model to this file')
    .option('-f, --force', 'overwrite')
    .option('--set <name=value>', 'a hyperparameter of the model, such as latents=20; once for each', setting)
    .option('--tiles <size>', 'cut the images into tiles of this size first: 32 or 48x32', size)
    .option('--epochs <n>', 'passes through the images (default: 20)', whole(1, 1e6))
    .option('--batch <n>', 'images a step (default: 100)', whole(1, 1e6))
    .option('--rate <x>', 'learning rate (default: 0.001)', number)
    .addOption(
      new Option('--schedule <kind>', 'how the rate falls (default: constant)').choices(['constant', 'cosine']),
    )
    .option('--warmup <n>', 'steps in which the rate rises (default: 0)', whole(0, 1e9))
    .option('--decay <x>', 'decoupled weight decay (default: 0)', number)
    .option('--average <x>', 'decay of an average of the weights, which then is what is kept (default: none)', number)
    .option('--clip <x>', 'longest gradient (default: no limit)', number)
    .option('--shards <n>', 'parts of a batch that threads can share; changes the bits (default: 2)', whole(1, 1024))
    .option('--seed <n>', 'seed of weights, order and noise (default: 1)', whole(0, Number.MAX_SAFE_INTEGER))
    .addOption(threads('threads to compute shards with, 0 for one a processor; never changes a bit'))
    .option('--test <path>', 'after each epoch, code images from here and say what they take')
    .addOption(new Option('--test-images <n>', 'so many of them').default(200).argParser(whole(1, 1e6)))
    .option('--curve <file>', 'keep a curve of the loss in this file: .svg, or a table')
    .option('--resume', 'go on from the checkpoint that lies beside the output')
    .option('--stop <epoch>', 'stop after this epoch, leaving the checkpoint', whole(1, 1e6))
    .option('--half', 'write weights of 16 bits: half the size, rounded')
    .option('--memory <size>', 'most memory of the networks, each thread its own (default: 2G)', parseSize);
  talk(train)
    .addHelpText(
      'after',
      `
After each epoch a checkpoint is written to OUTPUT.checkpoint, and removed at the end. -v says how each epoch went.
Models: vae-binary, pixels-binary: black and white (greys are drawn anew each time); vae, pixels: 256 greys;
bitswap, hilloc, diffusion: any size of image. pixels and pixels-binary are the smallest and the slowest.

Examples:
  surprisal images train --data train-images-idx3-ubyte.gz --model vae-binary -o digits.safetensors
  surprisal images train --data photos --tiles 32 --model hilloc --epochs 50 -T 0 -v -o photos.safetensors
  surprisal images train --data scans --model vae --set latents=20 --set hidden=[300,300] -o scans.safetensors`,
    )
    .action((options: TrainCommandOptions) => actions.trainImages(options));

  const compress = images
    .command('compress')
    .alias('c')
    .summary('compress images with a model')
    .description(
      'Compresses all images of the files and folders named to one archive. Pixels and names are kept, metadata of the files are not. They are decoded again and compared before the archive is written.',
    )
    .argument('[file...]', 'PNG, PBM, PGM, PPM, folders of them, or one IDX file (.gz too); - is the standard input')
    .requiredOption('-m, --model <file>', 'the model: a file of safetensors, or the name of one that comes along')
    .option(
      '--threshold <grey>',
      'make greys from this one on white and the rest black: WHAT IS LOST IS LOST',
      whole(1, 255),
    )
    .addOption(new Option('--order <order>', 'order of the layers of a hierarchy').choices(['bb-ans', 'bit-swap']))
    .option('--steps <n>', 'layers of a diffusion model to code with', whole(1, 65536))
    .option('--latent-bits <n>', 'bits of a latent', whole(1, 24))
    .option('--observation-bits <n>', 'bits of the probabilities of pixels', whole(1, 24));
  talk(
    placeOptions(compress)
      .option('--verify', 'decode and compare the images before writing', true)
      .option('--no-verify', 'do not decode and compare')
      .addOption(memory())
      .option('--name', "keep the file's name in the archive")
      .option('--no-name', 'do not keep it (default)'),
  )
    .addHelpText(
      'after',
      `
-v says what the images take: net bits a dimension, which is what each further image costs; initial bits, which the
first one needs besides; and what the whole archive comes to, without and with the model's own file.

Examples:
  surprisal images compress -m digits.safetensors -o digits.srp scans
  surprisal images compress -v -m digits.safetensors --threshold 128 t10k-images-idx3-ubyte.gz
  surprisal images compress -m photos.safetensors -o holiday.srp *.png`,
    )
    .action((files: string[], options: ImagesCommandOptions) => actions.compressImages(files, options));
  compress.setOptionValueWithSource('name', false, 'default');

  const decompress = images
    .command('decompress')
    .alias('d')
    .summary('decompress archives of images')
    .description(
      'Decompresses each FILE.srp: many images to a folder, which appears when it is complete, those of an IDX file to one, and a single image to a file.',
    )
    .argument('[file...]', 'archives; - is the standard input')
    .option('-m, --model <file>', 'the model, where it is none of those that come along')
    .addOption(
      new Option('--format <format>', 'what to write (default: what the names say)').choices(['png', 'pnm', 'idx']),
    );
  talk(placeOptions(decompress).addOption(memory()).addOption(maxOutput()))
    .addHelpText(
      'after',
      `
Names that could lead out of the folder are refused, and nothing is overwritten without -f.

Examples:
  surprisal images decompress -m digits.safetensors digits.srp   writes the folder digits
  surprisal images decompress --format idx -o digits.idx digits.srp`,
    )
    .action((files: string[], options: ImagesDecompressOptions) => actions.decompressImages(files, options));

  const info = images
    .command('info')
    .alias('i')
    .summary('show what archives of images, or models, hold')
    .description(
      'Shows what each archive holds, which model it needs and where its bits go, for which no model is needed; or what a model is.',
    )
    .argument('[file...]', 'archives, models (.safetensors) or names of models that come along');
  talk(info.addOption(memory()).addOption(maxOutput()))
    .addHelpText(
      'after',
      `
Examples:
  surprisal images info digits.srp
  surprisal images info --json *.srp | jq .bitsPerDimension.net
  surprisal images info digits.safetensors`,
    )
    .action((files: string[], options: ReadOptions) => actions.infoImages(files, options));

  images
    .command('models')
    .alias('m')
    .summary('list the models that come along')
    .description(
      'Lists the models that come with the package: -m takes their names, and decompress finds them by itself.',
    )
    .option('--json', 'print one JSON object a model')
    .addHelpText(
      'after',
      `
Examples:
  surprisal images models
  surprisal images info mnist-pixels`,
    )
    .action((options: CommonOptions) => actions.listModels(options));

  images
    .command('import')
    .summary('make a model of an autoencoder from PyTorch')
    .description(
      'Makes a model of the tensors of a state_dict, saved as safetensors, and a description of the layers that they belong to, in JSON.',
    )
    .argument('<weights>', 'the tensors: a file of safetensors')
    .requiredOption('--layers <file>', 'the description of the layers, in JSON')
    .requiredOption('-o, --output <file>', 'write the model to this file')
    .option('-f, --force', 'overwrite')
    .option('--half', 'write weights of 16 bits: half the size, rounded')
    .addHelpText(
      'after',
      `
Example:
  surprisal images import --layers vae.json -o model.safetensors vae.safetensors`,
    )
    .action((weights: string, options: ImportCommandOptions) => actions.importModel(weights, options));
}
