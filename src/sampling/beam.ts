/**
 * Beam search for likely strings: those with short codes, the modes of the encoder's distribution 2^-L(x).
 */
import { Choices, checkCount, type Distribution, type SamplerOptions } from './choices.ts';
import type { Completion } from './complete.ts';
import { deadEnd, mayEnd } from './constraints.ts';
import type { Prompt, Samplable } from './oracle.ts';
import { Trail } from './trail.ts';

/** How {@link beamSearch} searches. */
export interface BeamOptions extends SamplerOptions {
  /** Tokens to add. Default 10. */
  readonly n?: number;
  /** Strings that are kept after every step. Default 16. */
  readonly width?: number;
  /** Strings that are given back. Default 1; at most the width. */
  readonly best?: number;
  /** Hears of every step, for showing what is found so far. */
  readonly onStep?: (step: BeamStep) => void;
}

/** What a step of {@link beamSearch} found. */
export interface BeamStep {
  /** Tokens added so far. */
  readonly length: number;
  /** The best string so far: the tokens that were added. */
  readonly tokens: readonly number[];
  /** Its length in bits. */
  readonly bits: number;
  /** How many of its first tokens all strings of the beam have in common: those no step will change. */
  readonly settled: number;
}

/** What {@link beamSearch} found. */
export interface BeamResult {
  /** Likely strings are looked for, not drawn. */
  readonly distribution: Distribution;
  /** The strings, shortest code first; what was pushed before the search is not in them. */
  readonly completions: readonly Completion[];
}

interface Hypothesis {
  readonly tokens: readonly number[];
  readonly symbols: readonly number[];
  readonly bits: number;
  readonly state: unknown;
}

/** A hypothesis to be: a parent's number in the beam, and a token. */
interface Candidate {
  readonly bits: number;
  readonly parent: number;
  readonly token: number;
  readonly state: unknown;
}

/** The order of candidates: shorter code, better parent, smaller token. Total, for no parent has a token twice. */
const before = (a: Candidate, b: Candidate): boolean =>
  a.bits !== b.bits ? a.bits < b.bits : a.parent !== b.parent ? a.parent < b.parent : a.token < b.token;

/** The best of many candidates, best first. */
class Best {
  readonly list: Candidate[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** Whether a candidate with this length could come in. */
  takes(bits: number): boolean {
    const { list, most } = this;
    return list.length < most || bits <= list[most - 1].bits;
  }

  add(candidate: Candidate): void {
    const { list, most } = this;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(candidate, list[middle])) high = middle;
      else low = middle + 1;
    }
    if (low === most) return;
    if (list.length === most) list.pop();
    list.splice(low, 0, candidate);
  }
}

/**
 * {@link beamSearch}, a step at a time, so that a caller may show what is found, or stop.
 *
 * @throws RangeError and SurprisalError as beamSearch does.
 * @example
 * for (const { tokens, bits } of beamSteps(oracle, [], { n: 24 })) show(tokens, bits);
 */
export function* beamSteps(
  codec: Samplable,
  prompt: Prompt,
  options: Omit<BeamOptions, 'onStep'> = {},
): Generator<BeamStep, BeamResult, undefined> {
  const { n = 10, width = 16, best = 1 } = options;
  checkCount('n', n, 0);
  checkCount('width', width, 1, 1 << 20);
  checkCount('best', best, 1, width);
  const choices = new Choices(codec, options);
  const { oracle, tokens, constraint } = choices;
  const start = choices.prompt(prompt);
  const first = tokens.symbols(start);
  // The prompt's, and from its end on the one that goes from string to string.
  const trail = new Trail(oracle);
  const path = new Trail(oracle);
  try {
    const state = choices.after(start);
    trail.go(first);
    let beam: readonly Hypothesis[] = [{ tokens: [], symbols: [], bits: choices.bits(), state }];
    for (let step = 0; step < n; step++) {
      const found = new Best(width);
      // The trail is shortest in the order of a dictionary; which candidates win does not depend on it.
      const visits = visitingOrder(beam);
      const settled = commonPrefix(beam[visits[0]].tokens, beam[visits[visits.length - 1]].tokens);
      for (const parent of visits) {
        const hypothesis = beam[parent];
        path.go(hypothesis.symbols);
        const count = choices.look(hypothesis.state, n - step);
        for (let i = 0; i < count; i++) {
          const bits = choices.lengths[i];
          if (bits < Infinity && found.takes(bits))
            found.add({ bits, parent, token: choices.tokenAt(i), state: choices.stateAt(i) });
        }
      }
      if (found.list.length === 0) throw deadEnd(start.length + step);
      if (step > 0) yield { length: step, tokens: beam[0].tokens, bits: beam[0].bits, settled };
      beam = found.list.map(({ bits, parent, token, state }) => ({
        tokens: [...beam[parent].tokens, token],
        symbols: [...beam[parent].symbols, ...tokens.symbolsOf(token)],
        bits,
        state,
      }));
    }
    const ended = beam.filter((hypothesis) => mayEnd(constraint, hypothesis.state));
    if (ended.length === 0) throw deadEnd(start.length + n);
    yield { length: n, tokens: ended[0].tokens, bits: ended[0].bits, settled: n };
    const completions = ended.slice(0, best).map((hypothesis) => ({
      tokens: [...start, ...hypothesis.tokens],
      symbols: [...first, ...hypothesis.symbols],
      bits: hypothesis.bits,
    }));
    return { distribution: 'search', completions };
  } finally {
    path.go([]);
    trail.go([]);
  }
}

/**
 * Searches for the likely continuations of a prompt: at every step all tokens are added to the `width` strings of the
 * beam, and the `width` shortest codes are the next beam. With a width of 1 it is greedy. It asks for at most
 * n * width * (number of tokens) lengths, and finds what an exhaustive search would when the width is large enough.
 *
 * All strings have the same number of tokens, so no length needs a penalty. Equal lengths are told apart by the better
 * parent, then by the smaller token.
 *
 * @param codec - An oracle, or a model. What it holds already is a condition; it is left as it was.
 * @param prompt - Tokens that come first, or a text, which is cut into tokens. The strings that are given back are whole,
 * as those of {@link complete} are, and begin with it.
 * @throws RangeError for options out of range and for a prompt that is not allowed.
 * @throws SurprisalError (`impossible-symbol`) when the constraint allows no string of that length.
 * @example
 * const { completions } = beamSearch(oracle, [], { n: 24, width: 32, best: 3 });
 */
export function beamSearch(codec: Samplable, prompt: Prompt, options: BeamOptions = {}): BeamResult {
  const steps = beamSteps(codec, prompt, options);
  try {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      options.onStep?.(value);
    }
  } finally {
    // Where onStep has thrown, the search has yet to give the oracle back.
    steps.return(undefined as never);
  }
}

/** Numbers of the hypotheses in the order of their strings, which differ. */
function visitingOrder(beam: readonly Hypothesis[]): number[] {
  const order = beam.map((_, i) => i);
  return order.sort((a, b) => {
    const [x, y] = [beam[a].tokens, beam[b].tokens];
    const common = commonPrefix(x, y);
    return common === x.length ? a - b : x[common] - y[common];
  });
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  let common = 0;
  while (common < a.length && a[common] === b[common]) common++;
  return common;
}
