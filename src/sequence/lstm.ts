/**
 * A small LSTM that learns as it goes, with the same bits in every engine.
 *
 * Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; with the forget gate of Gers, Schmidhuber and Cummins,
 * 2000. Gates, parameters and their order are PyTorch's (`nn.LSTM`, then `nn.Linear`): i, f, g, o, and two biases.
 *
 *     i = logistic(Wi x + bi + Ui h + di)      c' = f c + i g
 *     f = logistic(Wf x + bf + Uf h + df)      h' = o tanh(c')
 *     g = tanh    (Wg x + bg + Ug h + dg)      logits = V h' + e, after the last step
 *     o = logistic(Wo x + bo + Uo h + do)      p = softmax(logits)
 *
 * All in doubles: additions, multiplications and divisions in a fixed order, and the functions of kernels/math. It is
 * plain and slow (about 1 us for each hundred parameters and step): for learning and for small data.
 */
import { rangeError, typeError } from '../errors.ts';
import { exp, log, logistic, tanh } from '../kernels/math.ts';

/** How large the network is. */
export interface LstmShape {
  /** Numbers that one step takes. */
  readonly inputs: number;
  /** Cells of a layer. */
  readonly hidden: number;
  /** Symbols that the output is a distribution over. */
  readonly outputs: number;
  /** Layers, one on top of the other. 1 unless given. */
  readonly layers?: number;
}

/**
 * What training makes small.
 * - `logits`: -log p of the target, the usual cross-entropy.
 * - `softmax`: the cross-entropy of softmax(p) once more, as the notebook has it (`CrossEntropyLoss` on an output that is
 *   softmaxed already). It learns more slowly and never becomes quite sure.
 */
export type LstmLoss = 'logits' | 'softmax';

/** The parameters of one layer: 4 hidden rows (i, f, g, o), row after row. */
export interface LstmLayer {
  /** 4 hidden x inputs (of the first layer) or 4 hidden x hidden. */
  readonly inputWeights: Float64Array;
  /** 4 hidden x hidden. */
  readonly hiddenWeights: Float64Array;
  readonly inputBias: Float64Array;
  readonly hiddenBias: Float64Array;
}

/** All that the network learns. */
export interface LstmParameters {
  readonly layers: readonly LstmLayer[];
  /** outputs x hidden. */
  readonly outputWeights: Float64Array;
  readonly outputBias: Float64Array;
}

/** What a forward pass leaves for the backward pass: one step of one layer. */
interface Step {
  readonly input: Float64Array;
  readonly hidden: Float64Array;
  readonly cell: Float64Array;
  /** The four gates after their functions. */
  readonly gates: Float64Array;
  readonly newCell: Float64Array;
  readonly newHidden: Float64Array;
  readonly tanhCell: Float64Array;
}

const LARGEST = 1 << 26;

/**
 * @example
 * const network = new Lstm({ inputs: 6, hidden: 10, outputs: 2 });
 * network.fill(0.1);
 * network.forward([[-1, -1, -1, -1, -1, -1]]); // [0.5, 0.5]
 * network.train([[0, -1, -1, -1, -1, -1]], 0, 0.1);
 */
export class Lstm {
  readonly shape: Required<LstmShape>;
  /** May be written to: a network whose parameters are all 0 cannot tell its cells apart. */
  readonly parameters: LstmParameters;
  /** What the last {@link backward} found, of the parameters' shape. */
  readonly gradients: LstmParameters;
  private trace: Step[][] = [];
  private probabilities: Float64Array = new Float64Array(0);

  /** @throws RangeError (`invalid-argument`) for sizes that are not whole numbers from 1, or more than 2^26 parameters. */
  constructor(shape: LstmShape) {
    const { inputs, hidden, outputs, layers = 1 } = shape;
    for (const [name, size] of Object.entries({ inputs, hidden, outputs, layers }))
      if (!Number.isInteger(size) || size < 1) throw rangeError(`${name} is a whole number from 1, not ${size}`);
    const count = 4 * hidden * (inputs + 2 + hidden + (layers - 1) * (2 * hidden + 2)) + outputs * (hidden + 1);
    if (count > LARGEST) throw rangeError(`an LSTM of this shape has ${count} parameters, above the limit ${LARGEST}`);
    this.shape = { inputs, hidden, outputs, layers };
    this.parameters = zeros(this.shape);
    this.gradients = zeros(this.shape);
  }

  /** Sets every parameter to one value, as the notebook does. */
  fill(value: number): void {
    for (const part of arrays(this.parameters)) part.fill(value);
  }

  /**
   * The distribution over the outputs after these steps, from a state of zeros.
   *
   * @param sequence - the steps, `inputs` numbers each; at least one.
   * @returns a new array of probabilities.
   * @throws RangeError (`invalid-argument`) when a step has another number of inputs, or there is none.
   */
  forward(sequence: ArrayLike<ArrayLike<number>>): Float64Array {
    const { inputs, hidden, outputs, layers } = this.shape;
    if (sequence.length === 0) throw rangeError('a sequence has at least one step');
    let below: Float64Array[] = Array.from(sequence, (step, t) => {
      if (step.length !== inputs) throw rangeError(`step ${t} has ${step.length} inputs: this network takes ${inputs}`);
      return Float64Array.from(step);
    });
    this.trace = [];
    for (let l = 0; l < layers; l++) {
      const steps: Step[] = [];
      let h: Float64Array = new Float64Array(hidden);
      let c: Float64Array = new Float64Array(hidden);
      for (const input of below) {
        const step = forwardStep(this.parameters.layers[l], input, h, c);
        steps.push(step);
        h = step.newHidden;
        c = step.newCell;
      }
      this.trace.push(steps);
      below = steps.map((step) => step.newHidden);
    }
    const last = below[below.length - 1];
    const { outputWeights, outputBias } = this.parameters;
    const logits = new Float64Array(outputs);
    for (let k = 0; k < outputs; k++) logits[k] = dot(outputWeights, k * hidden, last) + outputBias[k];
    this.probabilities = softmax(logits);
    return this.probabilities.slice();
  }

  /** The loss of the last {@link forward} for this target, in nats. */
  loss(target: number, loss: LstmLoss = 'logits'): number {
    this.check(target, loss);
    const p = loss === 'logits' ? this.probabilities : softmax(this.probabilities);
    return -log(p[target]);
  }

  /**
   * Computes {@link gradients}: those of the loss of the last {@link forward} for this target, through all its steps.
   *
   * @throws RangeError (`invalid-argument`) for a target outside the outputs, or before any forward pass.
   */
  backward(target: number, loss: LstmLoss = 'logits'): void {
    this.check(target, loss);
    const { hidden, outputs, layers } = this.shape;
    for (const part of arrays(this.gradients)) part.fill(0);
    const dLogits = this.lossGradient(target, loss);
    const steps = this.trace[0].length;
    // Gradient of each step's output of the layer at work; only the last step's is the loss's own.
    let dOutputs = Array.from({ length: steps }, () => new Float64Array(hidden));
    const last = this.trace[layers - 1][steps - 1].newHidden;
    for (let k = 0; k < outputs; k++) {
      this.gradients.outputBias[k] = dLogits[k];
      for (let j = 0; j < hidden; j++) {
        this.gradients.outputWeights[k * hidden + j] = dLogits[k] * last[j];
        dOutputs[steps - 1][j] += dLogits[k] * this.parameters.outputWeights[k * hidden + j];
      }
    }
    for (let l = layers - 1; l >= 0; l--)
      dOutputs = backwardLayer(this.parameters.layers[l], this.gradients.layers[l], this.trace[l], dOutputs);
  }

  /** One step of gradient descent: every parameter less `rate` times its gradient. */
  descend(rate: number): void {
    const gradients = arrays(this.gradients);
    arrays(this.parameters).forEach((part, a) => {
      const gradient = gradients[a];
      for (let i = 0; i < part.length; i++) part[i] -= rate * gradient[i];
    });
  }

  /**
   * Forward, backward and a step of gradient descent.
   *
   * @returns the distribution before the step: what a coder may use, since its other side has it too.
   */
  train(sequence: ArrayLike<ArrayLike<number>>, target: number, rate: number, loss: LstmLoss = 'logits'): Float64Array {
    const probabilities = this.forward(sequence);
    this.backward(target, loss);
    this.descend(rate);
    return probabilities;
  }

  private check(target: number, loss: LstmLoss): void {
    if (this.trace.length === 0) throw rangeError('there is no loss before a forward pass');
    if (!Number.isInteger(target) || target < 0 || target >= this.shape.outputs)
      throw rangeError(`a target is a whole number from 0 to ${this.shape.outputs - 1}, not ${target}`);
    if (loss !== 'logits' && loss !== 'softmax') throw typeError(`a loss is 'logits' or 'softmax', not '${loss}'`);
  }

  private lossGradient(target: number, loss: LstmLoss): Float64Array {
    const p = this.probabilities;
    const gradient = (loss === 'logits' ? p : softmax(p)).slice();
    gradient[target] -= 1;
    if (loss === 'logits') return gradient;
    // Through the first softmax: p_k (d_k - sum of p_j d_j).
    let mean = 0;
    for (let k = 0; k < p.length; k++) mean += p[k] * gradient[k];
    return gradient.map((d, k) => p[k] * (d - mean));
  }
}

function zeros({ inputs, hidden, outputs, layers }: Required<LstmShape>): LstmParameters {
  return {
    layers: Array.from({ length: layers }, (_, l) => ({
      inputWeights: new Float64Array(4 * hidden * (l === 0 ? inputs : hidden)),
      hiddenWeights: new Float64Array(4 * hidden * hidden),
      inputBias: new Float64Array(4 * hidden),
      hiddenBias: new Float64Array(4 * hidden),
    })),
    outputWeights: new Float64Array(outputs * hidden),
    outputBias: new Float64Array(outputs),
  };
}

function arrays(parameters: LstmParameters): Float64Array[] {
  return [
    ...parameters.layers.flatMap((l) => [l.inputWeights, l.hiddenWeights, l.inputBias, l.hiddenBias]),
    parameters.outputWeights,
    parameters.outputBias,
  ];
}

/** Row at `offset` of a matrix times a vector. */
function dot(matrix: Float64Array, offset: number, vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += matrix[offset + i] * vector[i];
  return sum;
}

/** exp(x_k) / sum of exp(x_j), safe from overflow. */
function softmax(x: Float64Array): Float64Array {
  let largest = x[0];
  for (let k = 1; k < x.length; k++) if (x[k] > largest) largest = x[k];
  const e = x.map((v) => exp(v - largest));
  let sum = 0;
  for (let k = 0; k < e.length; k++) sum += e[k];
  return e.map((v) => v / sum);
}

function forwardStep(layer: LstmLayer, input: Float64Array, hidden: Float64Array, cell: Float64Array): Step {
  const n = hidden.length;
  const gates = new Float64Array(4 * n);
  for (let row = 0; row < 4 * n; row++) {
    const sum =
      dot(layer.inputWeights, row * input.length, input) +
      layer.inputBias[row] +
      (dot(layer.hiddenWeights, row * n, hidden) + layer.hiddenBias[row]);
    gates[row] = row >= 2 * n && row < 3 * n ? tanh(sum) : logistic(sum);
  }
  const newCell = new Float64Array(n);
  const newHidden = new Float64Array(n);
  const tanhCell = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    newCell[j] = gates[n + j] * cell[j] + gates[j] * gates[2 * n + j];
    tanhCell[j] = tanh(newCell[j]);
    newHidden[j] = gates[3 * n + j] * tanhCell[j];
  }
  return { input, hidden, cell, gates, newCell, newHidden, tanhCell };
}

/** Adds to the layer's gradients and returns those of its inputs, step by step. */
function backwardLayer(
  layer: LstmLayer,
  gradient: LstmLayer,
  trace: readonly Step[],
  dOutputs: readonly Float64Array[],
): Float64Array<ArrayBuffer>[] {
  const n = trace[0].hidden.length;
  const dInputs: Float64Array<ArrayBuffer>[] = new Array(trace.length);
  let dHidden = new Float64Array(n);
  let dCell = new Float64Array(n);
  for (let t = trace.length - 1; t >= 0; t--) {
    const { input, hidden, cell, gates, tanhCell } = trace[t];
    const dRows = new Float64Array(4 * n);
    const dOldCell = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      const [i, f, g, o] = [gates[j], gates[n + j], gates[2 * n + j], gates[3 * n + j]];
      const dh = dOutputs[t][j] + dHidden[j];
      const dc = dCell[j] + dh * o * (1 - tanhCell[j] * tanhCell[j]);
      dRows[j] = dc * g * (i * (1 - i));
      dRows[n + j] = dc * cell[j] * (f * (1 - f));
      dRows[2 * n + j] = dc * i * (1 - g * g);
      dRows[3 * n + j] = dh * tanhCell[j] * (o * (1 - o));
      dOldCell[j] = dc * f;
    }
    const dInput = new Float64Array(input.length);
    const dOldHidden = new Float64Array(n);
    for (let row = 0; row < 4 * n; row++) {
      const d = dRows[row];
      gradient.inputBias[row] += d;
      gradient.hiddenBias[row] += d;
      const [atInput, atHidden] = [row * input.length, row * n];
      for (let k = 0; k < input.length; k++) {
        gradient.inputWeights[atInput + k] += d * input[k];
        dInput[k] += d * layer.inputWeights[atInput + k];
      }
      for (let k = 0; k < n; k++) {
        gradient.hiddenWeights[atHidden + k] += d * hidden[k];
        dOldHidden[k] += d * layer.hiddenWeights[atHidden + k];
      }
    }
    dInputs[t] = dInput;
    dHidden = dOldHidden;
    dCell = dOldCell;
  }
  return dInputs;
}
