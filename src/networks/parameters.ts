/**
 * What a network learns: arrays with names, which lie side by side, so that an optimiser, a message to another thread
 * and a checkpoint each take them as one.
 */
import { rangeError, SurprisalError } from '../errors.ts';
import { Random } from '../kernels/random.ts';
import { checkShape, sizeOf } from './tape.ts';
import type { Workspace } from './workspace.ts';

/** Fills a new parameter. */
export type Initialiser = (into: Float32Array, shape: readonly number[], random: Random) => void;

/** A named array of numbers, as it is read and written. */
export interface NamedTensor {
  /** Its dimensions. */
  readonly shape: readonly number[];
  /** Its elements, row-major. */
  readonly data: Float32Array;
}

/** All elements one number. */
export const constant =
  (value: number): Initialiser =>
  (into) =>
    void into.fill(value);

/** Zeros. */
export const zeros: Initialiser = constant(0);
/** Ones. */
export const ones: Initialiser = constant(1);

/** Inputs of one output of a weight [..., in, out]: the product of all dimensions but the last. */
const fanIn = (shape: readonly number[]): number => sizeOf(shape) / shape[shape.length - 1];

/** Normal numbers of a given standard deviation. */
export const normal =
  (deviation: number): Initialiser =>
  (into, _, random) => {
    random.normals(into);
    for (let i = 0; i < into.length; i++) into[i] *= deviation;
  };

/** Uniform numbers from -bound to bound. */
export const uniform =
  (bound: number): Initialiser =>
  (into, _, random) => {
    for (let i = 0; i < into.length; i++) into[i] = (2 * random.uniform() - 1) * bound;
  };

/** Normal with variance 2 / inputs, for rectifiers (He, Zhang, Ren and Sun 2015, arXiv 1502.01852). */
export const he: Initialiser = (into, shape, random) => normal(Math.sqrt(2 / fanIn(shape)))(into, shape, random);

/** Uniform with variance 2 / (inputs + outputs) (Glorot and Bengio 2010). */
export const glorot: Initialiser = (into, shape, random) => {
  const receptive = shape.slice(0, -2).reduce((n, d) => n * d, 1);
  uniform(Math.sqrt(6 / (fanIn(shape) + receptive * shape[shape.length - 1])))(into, shape, random);
};

/** One array that a network has. */
export class Parameter {
  /** Its name, such as `encoder.0.weight`. */
  readonly name: string;
  /** Its dimensions. */
  readonly shape: readonly number[];
  /** Its number of elements. */
  readonly size: number;
  /** False for what is kept but not learned by gradients: running statistics. */
  readonly learned: boolean;
  /** Where it begins, in floats, among the parameters of its kind. */
  readonly offset: number;
  private readonly owner: Parameters;

  /** Made by {@link Parameters}. */
  constructor(owner: Parameters, name: string, shape: readonly number[], offset: number, learned: boolean) {
    this.owner = owner;
    this.name = name;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.offset = offset;
    this.learned = learned;
  }

  /** Addresses of its elements and of its gradient. */
  place(workspace: Workspace): { pointer: number; gradient: number } {
    const { values, gradients, fixed } = this.owner.places();
    if (workspace !== this.owner.workspace) throw rangeError(`${this.name} is a parameter of another workspace`);
    return this.learned
      ? { pointer: values + 4 * this.offset, gradient: gradients + 4 * this.offset }
      : { pointer: fixed + 4 * this.offset, gradient: 0 };
  }

  /** Its elements: a view, until the memory grows. */
  get values(): Float32Array {
    const { workspace } = this.owner;
    return workspace.floats(this.place(workspace).pointer, this.size);
  }
}

/** Parameters begin at multiples of this many floats. */
const ALIGNMENT = 16;

/**
 * The parameters of a network. Layers declare theirs; then {@link initialise} or {@link load} gives them a place.
 *
 * @example
 * const parameters = new Parameters(workspace);
 * const layer = new Dense(parameters, 'layer', 784, 100);
 * parameters.initialise(1);
 */
export class Parameters {
  /** Where they lie. */
  readonly workspace: Workspace;
  private readonly list: Parameter[] = [];
  private readonly initialisers: Initialiser[] = [];
  private readonly names = new Set<string>();
  private learnedSize = 0;
  private fixedSize = 0;
  private at: { values: number; gradients: number; fixed: number } | undefined;

  /** Parameters in a workspace. */
  constructor(workspace: Workspace) {
    this.workspace = workspace;
  }

  /**
   * A new parameter.
   *
   * @param learned - False for what gradients do not change.
   * @throws RangeError (`invalid-argument`) for a name that is taken, and once they have a place.
   */
  declare(name: string, shape: readonly number[], initialiser: Initialiser, learned = true): Parameter {
    checkShape(shape);
    if (this.at !== undefined) throw rangeError(`${name} is declared too late: parameters have their place already`);
    if (this.names.has(name)) throw rangeError(`two parameters are called ${name}`);
    const parameter = new Parameter(this, name, [...shape], learned ? this.learnedSize : this.fixedSize, learned);
    const size = Math.ceil(parameter.size / ALIGNMENT) * ALIGNMENT;
    if (learned) this.learnedSize += size;
    else this.fixedSize += size;
    this.names.add(name);
    this.list.push(parameter);
    this.initialisers.push(initialiser);
    return parameter;
  }

  /** All of them, in the order of declaration. */
  get all(): readonly Parameter[] {
    return this.list;
  }

  /** Number of learned elements. */
  get count(): number {
    return this.list.reduce((n, p) => n + (p.learned ? p.size : 0), 0);
  }

  /** Floats that the learned ones take with the gaps between them: the length of {@link values}. */
  get length(): number {
    return this.learnedSize;
  }

  /** Addresses of the learned values, their gradients, and of what is not learned; given on first use. */
  places(): { values: number; gradients: number; fixed: number } {
    if (this.at === undefined) {
      const { workspace } = this;
      this.at = {
        values: workspace.reserve(this.learnedSize),
        gradients: workspace.reserve(this.learnedSize),
        fixed: workspace.reserve(this.fixedSize),
      };
    }
    return this.at;
  }

  /** The learned values: a view, until the memory grows. */
  get values(): Float32Array {
    return this.workspace.floats(this.places().values, this.learnedSize);
  }

  /** Their gradients: a view, until the memory grows. */
  get gradients(): Float32Array {
    return this.workspace.floats(this.places().gradients, this.learnedSize);
  }

  /** What is kept but not learned: a view, until the memory grows. */
  get fixed(): Float32Array {
    return this.workspace.floats(this.places().fixed, this.fixedSize);
  }

  /** Fills all of them. Each has a stream of random numbers of its own, which depends on the seed and its position. */
  initialise(seed: number): void {
    this.places();
    for (const [i, { values, shape }] of this.list.entries()) this.initialisers[i](values, shape, new Random(seed, i));
  }

  /** Sets all gradients to zero. */
  clearGradients(): void {
    this.gradients.fill(0);
  }

  /** Copies of all, by name. */
  tensors(): Map<string, NamedTensor> {
    return new Map(this.list.map((p) => [p.name, { shape: p.shape, data: p.values.slice() }]));
  }

  /**
   * Takes all from tensors by name.
   *
   * @throws SurprisalError (`wrong-model`) when one is missing, has another shape, or is too much; (`corrupt`) for
   *   numbers that are not finite. Nothing is changed then.
   */
  load(tensors: ReadonlyMap<string, NamedTensor>): void {
    for (const { name, shape } of this.list) {
      const given = tensors.get(name);
      if (given === undefined) throw new SurprisalError('wrong-model', `The weights have no tensor called ${name}.`);
      if (given.shape.length !== shape.length || given.shape.some((d, i) => d !== shape[i]))
        throw new SurprisalError(
          'wrong-model',
          `The tensor ${name} is ${given.shape.join(' x ')}; the network wants ${shape.join(' x ')}.`,
        );
      const at = given.data.findIndex((x) => !Number.isFinite(x));
      if (at >= 0) throw new SurprisalError('corrupt', `The tensor ${name} is not finite at index ${at}.`);
    }
    for (const name of tensors.keys())
      if (!this.names.has(name))
        throw new SurprisalError('wrong-model', `The network has no place for the tensor ${name}.`);
    this.places();
    for (const parameter of this.list) parameter.values.set(tensors.get(parameter.name)!.data);
  }
}
