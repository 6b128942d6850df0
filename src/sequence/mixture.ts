/**
 * Several models of sequences as one.
 *
 * {@link MixtureModel} adds the predictions, weighted: with weights that follow Bayes' rule it costs at most log2(1 / w)
 * bits more than a model of weight w, over any text. With a share above 0 a part of the weights is given back at every
 * symbol, so that it may also change from model to model, as the text changes: Herbster and Warmuth 1998, "Tracking the
 * best expert" (fixed share); as a code: Volf and Willems 1998, "Switching between two universal source coding
 * algorithms".
 *
 * {@link GeometricMixtureModel} multiplies them, raised to weights that it learns by gradient descent on the bits that
 * symbols cost: Mattern 2012, "Mixing strategies in data compression". Where models know different things it gains most:
 * what all of them find likely becomes likelier than any of them says.
 */
import { rangeError, typeError } from '../errors.ts';
import { mapMath } from '../kernels/math.ts';
import { checkSymbol, type Mark, Marks, type SequenceModel, TOTAL, tile } from './model.ts';

/** What both mixtures are made of. */
export interface MixtureOptions {
  /** Models of the same alphabet, one at least, each in any state. They belong to the mixture from then on. */
  readonly models: readonly SequenceModel[];
}

/** What decides a {@link MixtureModel}. */
export interface LinearMixtureOptions extends MixtureOptions {
  /** Weights at the start, above 0, which need not add up to 1. All alike unless given. */
  readonly weights?: ArrayLike<number>;
  /** Part of all weight that is dealt out at every symbol as it was at the start, 0 to 1. 0.01 unless given; 0: Bayes. */
  readonly share?: number;
}

/** What decides a {@link GeometricMixtureModel}. */
export interface GeometricMixtureOptions extends MixtureOptions {
  /** Weights at the start. All 1 over their number unless given. */
  readonly weights?: ArrayLike<number>;
  /** Rate of gradient descent, 0 to 1. 0.002 unless given. */
  readonly rate?: number;
}

/** The models of a mixture, their predictions, and weights with a way back. */
abstract class Mixture implements SequenceModel {
  readonly alphabetSize: number;
  protected readonly models: readonly SequenceModel[];
  /** The models' weights. */
  protected readonly current: Float64Array;
  /** The models' intervals, as of the present state when `fresh`. */
  protected readonly cuts: readonly Uint32Array[];
  private fresh = false;
  private readonly marks = new Marks();
  /** The models' own marks, for each of ours. */
  private readonly inner: Mark[][] = [];
  /** Weights before each update since the oldest mark. */
  private readonly log: number[] = [];

  constructor(models: readonly SequenceModel[], weights: ArrayLike<number>) {
    if (!Array.isArray(models) || models.length === 0) throw typeError('a mixture needs one model at least');
    const { alphabetSize } = models[0];
    for (const [i, model] of models.entries()) {
      if (model.alphabetSize !== alphabetSize)
        throw rangeError(`model ${i} has ${model.alphabetSize} symbols, the first ${alphabetSize}: they must agree`);
      if (models.indexOf(model) !== i) throw rangeError(`model ${i} is model ${models.indexOf(model)} once more`);
    }
    if (weights.length !== models.length)
      throw rangeError(`there are ${weights.length} weights for ${models.length} models`);
    this.alphabetSize = alphabetSize;
    this.models = [...models];
    this.current = Float64Array.from(weights);
    this.cuts = models.map(() => new Uint32Array(alphabetSize + 1));
  }

  /** The weights as they are, in the order of the models. */
  get weights(): Float64Array {
    return this.current.slice();
  }

  /** Fills in cumulative frequencies of the next symbol: see {@link SequenceModel.intervals}. */
  intervals(into: Uint32Array): void {
    this.ask();
    this.mix(into);
  }

  /**
   * Learns the next symbol: all models do, and the weights are set anew.
   *
   * @throws RangeError when there is no such symbol, or as a model does whose undo log is full; all is as before.
   */
  update(symbol: number): void {
    checkSymbol(symbol, this.alphabetSize);
    this.ask();
    const { models } = this;
    // Only under a mark may a model have no room; those that have learnt the symbol by then go back.
    const before = this.marks.held > 0 ? this.markAll() : undefined;
    try {
      for (const model of models) model.update(symbol);
    } catch (error) {
      before?.forEach((mark, i) => {
        models[i].rollback(mark);
      });
      throw error;
    }
    before?.forEach((mark, i) => {
      models[i].release(mark);
    });
    if (before !== undefined) for (const weight of this.current) this.log.push(weight);
    this.weighAnew(symbol);
    this.fresh = false;
  }

  /**
   * Marks the present state, that of the models too.
   *
   * @throws RangeError as a model does whose undo log is full; none is marked then.
   */
  mark(): Mark {
    this.inner.push(this.markAll());
    return this.marks.add(this.log.length);
  }

  /** Goes back to a mark, to the bit, and forgets it and all later ones. */
  rollback(mark: Mark): void {
    const { current, log } = this;
    const place = this.marks.drop(mark);
    if (place < log.length) current.set(log.slice(place, place + current.length));
    log.length = place;
    const inner = this.inner[this.marks.held];
    this.inner.length = this.marks.held;
    for (const [i, model] of this.models.entries()) model.rollback(inner[i]);
    this.fresh = false;
  }

  /** Forgets a mark and all later ones, and keeps what came after them. */
  release(mark: Mark): void {
    this.marks.drop(mark);
    const inner = this.inner[this.marks.held];
    this.inner.length = this.marks.held;
    for (const [i, model] of this.models.entries()) model.release(inner[i]);
    if (this.marks.held === 0) this.log.length = 0;
  }

  /** Marks all models, or none. */
  private markAll(): Mark[] {
    const marks: Mark[] = [];
    try {
      for (const model of this.models) marks.push(model.mark());
    } catch (error) {
      for (const [i, mark] of marks.entries()) this.models[i].rollback(mark);
      throw error;
    }
    return marks;
  }

  private ask(): void {
    if (this.fresh) return;
    for (const [i, model] of this.models.entries()) model.intervals(this.cuts[i]);
    this.fresh = true;
    this.prepare();
  }

  /** Works out what both predicting and learning need from the models' intervals. */
  protected prepare(): void {}

  /** Fills in intervals from the models'. */
  protected abstract mix(into: Uint32Array): void;

  /** Sets the weights anew from the models' intervals and what came. */
  protected abstract weighAnew(symbol: number): void;
}

/**
 * The weighted sum of models' predictions, with weights that follow how well each of them predicts.
 *
 * The models must not be used apart from it. Memory: the models', and 4 bytes a symbol of the alphabet and model.
 *
 * @example
 * const model = new MixtureModel({ models: [new NgramModel({ order: 2 }), new NgramModel({ order: 6 }), new Lz78Model()] });
 */
export class MixtureModel extends Mixture {
  private readonly initial: Float64Array;
  private readonly share: number;
  private readonly sums: Float64Array;

  /**
   * @throws RangeError for models of different alphabets, weights that are not above 0, or a share out of its range.
   * @throws TypeError without a model.
   */
  constructor(options: LinearMixtureOptions) {
    const { models, share = 0.01 } = options;
    const count = Array.isArray(models) ? models.length : 0;
    const given = options.weights ?? new Float64Array(count).fill(1);
    super(models, given);
    if (!(share >= 0 && share <= 1)) throw rangeError(`share is from 0 to 1, not ${share}`);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      if (!(given[i] > 0)) throw rangeError(`weights are above 0, not ${given[i]}`);
      sum += given[i];
    }
    if (!(sum < Infinity)) throw rangeError('weights add up to a finite number');
    for (let i = 0; i < count; i++) this.current[i] = given[i] / sum;
    this.initial = this.current.slice();
    this.share = share;
    this.sums = new Float64Array(this.alphabetSize);
  }

  protected mix(into: Uint32Array): void {
    const { sums, current, cuts, alphabetSize } = this;
    sums.fill(0);
    for (let i = 0; i < cuts.length; i++) {
      const cut = cuts[i];
      const weight = current[i];
      for (let s = 0; s < alphabetSize; s++) sums[s] += weight * (cut[s + 1] - cut[s]);
    }
    tile(sums, into, alphabetSize);
  }

  protected weighAnew(symbol: number): void {
    const { current, initial, cuts, share } = this;
    let sum = 0;
    for (let i = 0; i < cuts.length; i++) {
      current[i] *= cuts[i][symbol + 1] - cuts[i][symbol];
      sum += current[i];
    }
    for (let i = 0; i < cuts.length; i++) current[i] = (1 - share) * (current[i] / sum) + share * initial[i];
  }
}

/** Bound of weights, so that no sum of logarithms leaves the numbers. */
const MOST_WEIGHT = 16;

/**
 * The weighted product of models' predictions, scaled to add up to 1, with weights that learn.
 *
 * It takes a logarithm for every symbol of the alphabet and model: with bytes about 10 us a symbol and model. The models must
 * not be used apart from it. Memory: the models', and 12 bytes a symbol of the alphabet and model.
 *
 * @example
 * const model = new GeometricMixtureModel({ models: [new NgramModel({ order: 6 }), new Lz78Model()] });
 */
export class GeometricMixtureModel extends Mixture {
  private readonly rate: number;
  /** The models' predictions as natural logarithms. */
  private readonly logs: readonly Float64Array[];
  /** The mixture's prediction. */
  private readonly mixed: Float64Array;

  /**
   * @throws RangeError for models of different alphabets, weights that are not from -16 to 16, or a rate out of its range.
   * @throws TypeError without a model.
   */
  constructor(options: GeometricMixtureOptions) {
    const { models, rate = 0.002 } = options;
    const count = Array.isArray(models) ? models.length : 0;
    super(models, options.weights ?? new Float64Array(count).fill(1 / count));
    if (!(rate >= 0 && rate <= 1)) throw rangeError(`rate is from 0 to 1, not ${rate}`);
    for (const weight of this.current)
      if (!(Math.abs(weight) <= MOST_WEIGHT)) throw rangeError(`weights are from -16 to 16, not ${weight}`);
    this.rate = rate;
    this.logs = models.map(() => new Float64Array(this.alphabetSize));
    this.mixed = new Float64Array(this.alphabetSize);
  }

  protected override prepare(): void {
    const { logs, cuts, mixed, current, alphabetSize } = this;
    mixed.fill(0);
    for (let i = 0; i < cuts.length; i++) {
      const cut = cuts[i];
      const own = logs[i];
      for (let s = 0; s < alphabetSize; s++) own[s] = (cut[s + 1] - cut[s]) / TOTAL;
      mapMath('log', own, own);
      const weight = current[i];
      for (let s = 0; s < alphabetSize; s++) mixed[s] += weight * own[s];
    }
    let most = -Infinity;
    for (let s = 0; s < alphabetSize; s++) if (mixed[s] > most) most = mixed[s];
    for (let s = 0; s < alphabetSize; s++) mixed[s] -= most;
    mapMath('exp', mixed, mixed);
    let sum = 0;
    for (let s = 0; s < alphabetSize; s++) sum += mixed[s];
    for (let s = 0; s < alphabetSize; s++) mixed[s] /= sum;
  }

  protected mix(into: Uint32Array): void {
    tile(this.mixed, into, this.alphabetSize);
  }

  protected weighAnew(symbol: number): void {
    const { logs, mixed, current, rate, alphabetSize } = this;
    for (let i = 0; i < logs.length; i++) {
      const own = logs[i];
      let mean = 0;
      for (let s = 0; s < alphabetSize; s++) mean += mixed[s] * own[s];
      const weight = current[i] + rate * (own[symbol] - mean);
      current[i] = Math.min(MOST_WEIGHT, Math.max(-MOST_WEIGHT, weight));
    }
  }
}
