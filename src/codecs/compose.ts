/** Codecs made of codecs. A stack gives back last what it got first, so parts are pushed from the last to the first. */
import { rangeError, SurprisalError } from '../errors.ts';
import { Categorical } from '../models/categorical.ts';
import { type Codec, type Coded, codec, sumOfBits } from './codec.ts';
import { uniform } from './integers.ts';
import { fromModel } from './models.ts';

/** The error for a value that is not of the shape that the codec has. */
export function wrongShape(what: string, value: unknown): SurprisalError {
  const is = Array.isArray(value) ? `an array of ${value.length}` : value === null ? 'null' : typeof value;
  return new SurprisalError('impossible-symbol', `the codec codes ${what}, not ${is}`);
}

/** The error of a part with where it is before it. */
function within(error: unknown, where: string): unknown {
  if (error instanceof SurprisalError)
    return new SurprisalError(error.code, `${where}: ${error.message}`, { cause: error });
  return error;
}

/**
 * A fixed number of values, each with a codec of its own.
 *
 * @example
 * tuple(uniform(6), uniform(52)); // Codec<[number, number]>
 */
export function tuple<C extends readonly Codec<never>[] | readonly Codec<unknown>[]>(
  ...codecs: C
): Codec<{ -readonly [K in keyof C]: Coded<C[K]> }> {
  type Values = { -readonly [K in keyof C]: Coded<C[K]> };
  const parts = codecs as unknown as readonly Codec<unknown>[];
  return codec<Values>({
    push(stack, value) {
      const values = value as unknown as readonly unknown[];
      if (!Array.isArray(values) || values.length !== parts.length)
        throw wrongShape(`tuples of ${parts.length} values`, value);
      for (let i = parts.length - 1; i >= 0; i--)
        try {
          parts[i].push(stack, values[i]);
        } catch (error) {
          throw within(error, `value ${i}`);
        }
    },
    pop: (stack) => parts.map((part) => part.pop(stack)) as unknown as Values,
    bits: (value) => sumOfBits(parts.map((part, i) => part.bits((value as unknown as readonly unknown[])[i]))),
  });
}

/**
 * An object with a codec for each property, popped in the order of the properties.
 *
 * @example
 * record({ face: uniform(6), card: uniform(52) }); // Codec<{ face: number; card: number }>
 */
export function record<C extends { readonly [name: string]: Codec<never> | Codec<unknown> }>(
  codecs: C,
): Codec<{ -readonly [K in keyof C]: Coded<C[K]> }> {
  type Values = { -readonly [K in keyof C]: Coded<C[K]> };
  const names = Object.keys(codecs);
  const parts = names.map((name) => codecs[name] as unknown as Codec<unknown>);
  const valuesOf = (value: Values): unknown[] => {
    if (typeof value !== 'object' || value === null) throw wrongShape(`objects with ${names.join(', ')}`, value);
    return names.map((name) => (value as Record<string, unknown>)[name]);
  };
  return codec<Values>({
    push(stack, value) {
      const values = valuesOf(value);
      for (let i = parts.length - 1; i >= 0; i--)
        try {
          parts[i].push(stack, values[i]);
        } catch (error) {
          throw within(error, `property '${names[i]}'`);
        }
    },
    pop(stack) {
      const found: [string, unknown][] = names.map((name, i) => [name, parts[i].pop(stack)]);
      return Object.fromEntries(found) as Values;
    },
    bits: (value) => sumOfBits(valuesOf(value).map((each, i) => parts[i].bits(each))),
  });
}

/**
 * As many values as `count` says, all with one codec.
 *
 * @throws RangeError for a count that is not a whole number from 0.
 * @example
 * repeat(uniform(6), 100); // Codec<number[]>
 */
export function repeat<T>(one: Codec<T>, count: number): Codec<T[]> {
  if (!(Number.isInteger(count) && count >= 0 && count < 2 ** 32))
    throw rangeError(`a count is a whole number from 0 to 2^32 - 1, not ${count}`);
  return codec<T[]>({
    push(stack, values) {
      if (!Array.isArray(values) || values.length !== count) throw wrongShape(`arrays of ${count} values`, values);
      for (let i = count - 1; i >= 0; i--)
        try {
          one.push(stack, values[i]);
        } catch (error) {
          throw within(error, `value ${i}`);
        }
    },
    pop(stack) {
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(one.pop(stack));
      return values;
    },
    bits: (values) => sumOfBits(values.map((value) => one.bits(value))),
  });
}

/**
 * Two values, of which the first decides how the second is coded.
 *
 * @example
 * dependent(uniform(100), (n) => repeat(uniform(6), n)); // Codec<[number, number[]]>
 */
export function dependent<A, B>(first: Codec<A>, second: (value: A) => Codec<B>): Codec<[A, B]> {
  return codec<[A, B]>({
    push(stack, value) {
      if (!Array.isArray(value) || value.length !== 2) throw wrongShape('pairs', value);
      second(value[0]).push(stack, value[1]);
      first.push(stack, value[0]);
    },
    pop(stack) {
      const value = first.pop(stack);
      return [value, second(value).pop(stack)];
    },
    bits: ([a, b]) => sumOfBits([first.bits(a), second(a).bits(b)]),
  });
}

/** What {@link generated} takes: yields codecs, gets the values that they coded. */
export type CodecGenerator = () => Generator<Codec<never> | Codec<unknown>, void, never>;

/**
 * Values in a row, each coded in a way that all before it may decide: the generator yields the codec of the next value
 * and is given that value. It runs forwards in both directions; a push then goes through what it yielded backwards.
 * The generator must not depend on anything else, or pop would not undo push.
 *
 * @example
 * generated(function* () {
 *   const n: number = yield naturals({ max: 1000 });
 *   for (let i = 0; i < n; i++) yield uniform(i + 1);
 * }); // Codec<unknown[]>, to be given a shape with mapped()
 */
export function generated(generator: CodecGenerator): Codec<unknown[]> {
  const codecsOf = (values: readonly unknown[]): Codec<unknown>[] => {
    if (!Array.isArray(values)) throw wrongShape('arrays', values);
    const codecs: Codec<unknown>[] = [];
    const run = generator();
    for (let next = run.next(); next.done !== true; next = run.next(values[codecs.length - 1] as never)) {
      if (codecs.length === values.length) throw wrongShape(`more than ${values.length} values`, values);
      codecs.push(next.value as unknown as Codec<unknown>);
    }
    if (codecs.length !== values.length) throw wrongShape(`${codecs.length} values`, values);
    return codecs;
  };
  return codec<unknown[]>({
    push(stack, values) {
      const codecs = codecsOf(values);
      for (let i = codecs.length - 1; i >= 0; i--)
        try {
          codecs[i].push(stack, values[i]);
        } catch (error) {
          throw within(error, `value ${i}`);
        }
    },
    pop(stack) {
      const values: unknown[] = [];
      const run = generator();
      for (let next = run.next(); next.done !== true; next = run.next(values[values.length - 1] as never))
        values.push((next.value as unknown as Codec<unknown>).pop(stack));
      return values;
    },
    bits: (values) => sumOfBits(codecsOf(values).map((each, i) => each.bits(values[i]))),
  });
}

/**
 * The same codec seen through a bijection: codes U where `inner` codes T. `from(to(value))` has to be the value, and
 * `to` may throw for what is not in its domain.
 *
 * @param to - From what the caller has to what `inner` codes.
 * @param from - The way back.
 * @example
 * mapped(uniform(7), (x: number) => x + 3, (x) => x - 3); // codes -3 to 3
 */
export function mapped<T, U>(inner: Codec<T>, to: (value: U) => T, from: (value: T) => U): Codec<U> {
  return codec<U>({
    push: (stack, value) => inner.push(stack, to(value)),
    pop: (stack) => from(inner.pop(stack)),
    bits: (value) => inner.bits(to(value)),
  });
}

/** Always the same value, which costs nothing. Values are compared with Object.is. */
export function constant<T>(value: T): Codec<T> {
  const check = (given: T): void => {
    if (!Object.is(given, value))
      throw new SurprisalError('impossible-symbol', 'the codec has one value, another was given');
  };
  return {
    push: (_stack, given) => check(given),
    pop: () => value,
    bits: () => 0,
  };
}

/** A value of one of several kinds. */
export type Tagged<C> = { [K in keyof C]: { readonly tag: K; readonly value: Coded<C[K]> } }[keyof C];

/**
 * A value of one of several kinds, with the kind's name beside it.
 *
 * @param codecs - A codec for each tag, at least one.
 * @param weights - How likely each tag is, in any scale. Default: all the same.
 * @example
 * const shape = union({ circle: uniform(10), box: tuple(uniform(10), uniform(10)) });
 * shape.push(stack, { tag: 'box', value: [3, 4] });
 */
export function union<C extends { readonly [tag: string]: Codec<never> | Codec<unknown> }>(
  codecs: C,
  weights?: { readonly [K in keyof C]: number },
): Codec<Tagged<C>> {
  const tags = Object.keys(codecs);
  if (tags.length === 0) throw rangeError('a union has at least one codec');
  const which =
    tags.length === 1
      ? constant(0)
      : weights === undefined
        ? uniform(tags.length)
        : fromModel(
            new Categorical(
              tags.map((tag) => weights[tag]),
              { perfect: true },
            ),
          );
  const place = new Map(tags.map((tag, i) => [tag, i]));
  const find = (value: Tagged<C>): [number, Codec<unknown>] => {
    const index = place.get((value as { tag?: string } | undefined)?.tag ?? '');
    if (index === undefined) throw wrongShape(`{ tag, value } with one of the tags ${tags.join(', ')}`, value);
    return [index, codecs[tags[index]] as unknown as Codec<unknown>];
  };
  return codec<Tagged<C>>({
    push(stack, value) {
      const [index, each] = find(value);
      each.push(stack, value.value);
      which.push(stack, index);
    },
    pop(stack) {
      const tag = tags[which.pop(stack)];
      return { tag, value: (codecs[tag] as unknown as Codec<unknown>).pop(stack) } as Tagged<C>;
    },
    bits(value) {
      const [index, each] = find(value);
      return sumOfBits([which.bits(index), each.bits(value.value)]);
    },
  });
}

/**
 * A value that may be missing.
 *
 * @param present - The probability that there is one, between 0 and 1. Default 1/2.
 */
export function optional<T>(one: Codec<T>, present = 0.5): Codec<T | undefined> {
  if (!(present > 0 && present < 1)) throw rangeError(`the probability of a value is between 0 and 1, not ${present}`);
  const which = fromModel(new Categorical([1 - present, present], { perfect: true }));
  return codec<T | undefined>({
    push(stack, value) {
      if (value !== undefined) one.push(stack, value);
      which.push(stack, value === undefined ? 0 : 1);
    },
    pop: (stack) => (which.pop(stack) === 1 ? one.pop(stack) : undefined),
    bits: (value) => sumOfBits([which.bits(value === undefined ? 0 : 1), value === undefined ? 0 : one.bits(value)]),
  });
}

/** A codec of its own under each nesting: for types that contain themselves. Built at each use. */
export function lazy<T>(build: () => Codec<T>): Codec<T> {
  return {
    push: (stack, value) => build().push(stack, value),
    pop: (stack) => build().pop(stack),
    bits: (value) => build().bits(value),
  };
}
