/**
 * Compressing lines of digits with a network whose weights are never stored.
 *
 * The first line is kept as it is. After each line an LSTM is trained on it, one step for every digit but the first,
 * and its last prediction codes the whole next line. The decoder starts from the same network, trains on the lines
 * that it has decoded, and so has the same predictions. This is the notebook "Neural Network Decompression Without
 * Storing Weights" (github.com/Magnushhoie/weightless_NN_decompression): its constants are the defaults, and the bits
 * are its bits.
 */
import { ArithmeticCoder, StaticModel } from '../coders/arithmetic.ts';
import { rangeError, SurprisalError } from '../errors.ts';
import { Lstm, type LstmLoss } from './lstm.ts';

/** What both sides must agree on. */
export interface LineOptions {
  /** Cells of the network. 10 unless given. */
  readonly hidden?: number;
  /** What every parameter is at the start. -0.1 unless given. */
  readonly initial?: number;
  /** Rate of gradient descent. 0.1 unless given. */
  readonly rate?: number;
  /** Digits that may occur: 2..10. 2 unless given. */
  readonly symbols?: number;
  /** See {@link LstmLoss}. `softmax`, the notebook's, unless given. */
  readonly loss?: LstmLoss;
  /** Width of the arithmetic coder's integers, 8..32. 16 unless given. */
  readonly stateBits?: number;
  /** Is told of every training step. */
  readonly onStep?: (step: LineStep) => void;
}

/** One training step. */
export interface LineStep {
  /** Number of the line, from 0. */
  readonly line: number;
  /** Number of the step within the line, from 0. */
  readonly step: number;
  /** What the network saw: the digits so far, -1 for those to come. */
  readonly input: readonly number[];
  /** Its prediction, before it learned from the target. */
  readonly output: Float64Array;
  readonly target: number;
}

/** The network and its input window: both sides of the code run one. */
class LineLearner {
  private readonly network: Lstm;
  private readonly options: LineOptions;
  private readonly symbols: number;
  private line = 0;

  constructor(length: number, options: LineOptions) {
    const { hidden = 10, initial = -0.1, symbols = 2 } = options;
    this.network = new Lstm({ inputs: length, hidden, outputs: symbols });
    this.network.fill(initial);
    this.options = options;
    this.symbols = symbols;
  }

  /** Learns a line and returns the coder for the next one. */
  learn(digits: readonly number[]): ArithmeticCoder {
    const { rate = 0.1, loss = 'softmax', stateBits, onStep } = this.options;
    const input: number[] = new Array(digits.length).fill(-1);
    let output: Float64Array = new Float64Array(this.symbols);
    for (let step = 0; step + 1 < digits.length; step++) {
      input[step] = digits[step];
      const target = digits[step + 1];
      output = this.network.train([input], target, rate, loss);
      onStep?.({ line: this.line, step, input: [...input], output, target });
    }
    this.line++;
    // At least 1: what has never been seen can be coded all the same. (It never applies to the notebook's data.)
    return new ArithmeticCoder(StaticModel.fromProbabilities(output, { least: 1 }), { stateBits });
  }
}

function checkOptions({ symbols = 2, initial = -0.1, rate = 0.1 }: LineOptions): void {
  if (!Number.isInteger(symbols) || symbols < 2 || symbols > 10)
    throw rangeError(`symbols is a whole number from 2 to 10, not ${symbols}`);
  for (const [name, value] of Object.entries({ initial, rate }))
    if (!Number.isFinite(value)) throw rangeError(`${name} is a finite number, not ${value}`);
}

/** The digits of a line, or the place of the first character that is none. */
function digitsOf(line: string, symbols: number): number[] | number {
  const digits: number[] = [];
  for (let i = 0; i < line.length; i++) {
    const digit = line.charCodeAt(i) - 48;
    if (digit < 0 || digit >= symbols) return i;
    digits.push(digit);
  }
  return digits;
}

/**
 * Compresses lines of equal length: the first as it is, of every other its bits as a string of 0 and 1.
 *
 * @throws RangeError (`invalid-argument`) for a line of another length than the first, of fewer than 2 digits, or with
 * a character that is no digit below `symbols`.
 *
 * @example
 * compressLines(['000000', '000001', '000010']); // ['000000', '00001', '00011']
 */
export function compressLines(lines: readonly string[], options: LineOptions = {}): string[] {
  checkOptions(options);
  const { symbols = 2 } = options;
  const parsed = lines.map((line, number) => {
    const digits = digitsOf(line, symbols);
    if (typeof digits === 'number')
      throw rangeError(`line ${number + 1} has '${line[digits]}' at place ${digits + 1}: not a digit below ${symbols}`);
    if (digits.length < 2) throw rangeError(`line ${number + 1} has ${digits.length} digits: at least 2 are needed`);
    if (digits.length !== lines[0].length)
      throw rangeError(`line ${number + 1} has ${digits.length} digits, the first ${lines[0].length}: they must agree`);
    return digits;
  });
  if (parsed.length === 0) return [];
  const learner = new LineLearner(parsed[0].length, options);
  const compressed = [lines[0]];
  for (let n = 1; n < parsed.length; n++)
    compressed.push(
      learner
        .learn(parsed[n - 1])
        .compress(parsed[n])
        .join(''),
    );
  return compressed;
}

/**
 * The lines that {@link compressLines} compressed with these options. Damaged bits decode to other digits, unnoticed.
 *
 * @throws SurprisalError (`corrupt`) for a first line that is none, or for bits other than 0 and 1.
 *
 * @example
 * decompressLines(['000000', '00001', '00011']); // ['000000', '000001', '000010']
 */
export function decompressLines(compressed: readonly string[], options: LineOptions = {}): string[] {
  checkOptions(options);
  if (compressed.length === 0) return [];
  let digits = digitsOf(compressed[0], options.symbols ?? 2);
  if (typeof digits === 'number' || digits.length < 2)
    throw new SurprisalError('corrupt', `the first line is kept as it is, but '${compressed[0]}' is not a line`);
  const learner = new LineLearner(digits.length, options);
  const lines = [compressed[0]];
  for (let n = 1; n < compressed.length; n++) {
    const bits = digitsOf(compressed[n], 2);
    if (typeof bits === 'number')
      throw new SurprisalError('corrupt', `line ${n + 1} has '${compressed[n][bits]}' where a bit should be`);
    digits = [...learner.learn(digits).decompress(bits, digits.length)];
    lines.push(digits.join(''));
  }
  return lines;
}
