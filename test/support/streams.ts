/** Constriction's cases as calls of this package: the models of a segment with their parameters. */
import type { Parameters, Source } from '../../src/coders/stream.ts';
import { Categorical } from '../../src/models/categorical.ts';
import { QuantizedCauchy, QuantizedGaussian, QuantizedLaplace } from '../../src/models/quantized.ts';

export interface Segment {
  readonly model: string;
  readonly symbols: readonly number[];
  readonly dtype?: string;
  readonly param_dtype?: string;
  readonly perfect?: boolean;
  readonly iid?: boolean;
  readonly probabilities?: readonly number[] | readonly (readonly number[])[];
  readonly min?: number;
  readonly max?: number;
  readonly param1?: readonly number[];
  readonly param2?: readonly number[];
}

export interface Call {
  readonly symbols: Int32Array;
  readonly source: Source;
  readonly parameters: readonly Parameters[];
  /** The same symbols by single calls. */
  readonly models: readonly Exclude<Source, readonly unknown[]>[];
}

const families = { QuantizedGaussian, QuantizedLaplace, QuantizedCauchy } as const;

function array(values: readonly number[], type: string | undefined): Parameters {
  return type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

/** What a segment's symbols are coded with, undefined for a model that constriction allows and this package refuses. */
export function callOf(segment: Segment): Call | undefined {
  const symbols = Int32Array.from(segment.symbols);
  if (segment.model === 'Categorical') {
    const perfect = segment.perfect ?? false;
    const type = segment.dtype;
    if (segment.iid) {
      const model = new Categorical(array(segment.probabilities as number[], type), { perfect });
      return { symbols, source: model, parameters: [], models: segment.symbols.map(() => model) };
    }
    const rows = segment.probabilities as number[][];
    const models = rows.map((row) => new Categorical(array(row, type), { perfect }));
    return { symbols, source: new Categorical({ perfect }), parameters: [array(rows.flat(), type)], models };
  }
  const { min = 0, max = 0, param1 = [], param2 = [], param_dtype } = segment;
  const family = new families[segment.model as keyof typeof families](min, max);
  const parameters = [array(param1, param_dtype), array(param2, param_dtype)];
  if (parameters[1].some((scale) => scale === 0)) return undefined;
  const models = Array.from(symbols, (_, i) => family.model(parameters[0][i], parameters[1][i]));
  return { symbols, source: family, parameters, models };
}

/** The bigint of a decimal that JSON holds as a string or a number. */
export const big = (text: string | number): bigint => BigInt(text);
