/**
 * The JSON header of a file of tensors, read by a reader of its own: a general one takes the last of two equal names
 * without a word, nests as deep as the input likes, and gives objects whose `__proto__` can be set.
 */
import { SurprisalError, type SurprisalErrorCode } from '../errors.ts';
import { type TensorType, tensorTypeBytes } from './safetensors-numbers.ts';

/** What the header says of one tensor; offsets in bytes from the end of the header. */
export interface TensorEntry {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** What a header says. */
export interface Header {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** As NumPy's. */
const MAX_AXES = 64;

/**
 * Reads the header's bytes.
 *
 * @throws SurprisalError `corrupt`, `limit`, `unsupported`, with the offset in the file.
 */
export function parseSafetensorsHeader(bytes: Uint8Array, maxTensors: number): Header {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new SurprisalError('corrupt', 'safetensors: the header is not UTF-8', { offset: 8, cause: error });
  }
  return new HeaderReader(text, maxTensors).read();
}

class HeaderReader {
  private readonly text: string;
  private readonly maxTensors: number;
  private at = 0;

  constructor(text: string, maxTensors: number) {
    this.text = text;
    this.maxTensors = maxTensors;
  }

  read(): Header {
    // The reference wants the brace at once, so that a file of another format is known by it.
    if (this.text[0] !== '{') throw this.fault('the header does not begin with a brace: this is no file of tensors');
    const tensors: TensorEntry[] = [];
    let metadata: Map<string, string> | undefined;
    const names = new Set<string>();
    this.object((name) => {
      if (names.has(name)) throw this.fault(`two tensors are called '${shown(name)}'`);
      names.add(name);
      if (name === '__metadata__') {
        metadata = this.metadata();
        return;
      }
      if (name === '__proto__') throw this.fault('a tensor cannot be called __proto__');
      if (tensors.length >= this.maxTensors)
        throw this.fault(`more than ${this.maxTensors} tensors, which is the limit`, 'limit');
      tensors.push(this.tensor(name));
    });
    this.blanks();
    if (this.at !== this.text.length) throw this.fault('more after the header’s last brace');
    return { tensors, metadata: metadata ?? new Map() };
  }

  private metadata(): Map<string, string> {
    const notes = new Map<string, string>();
    this.object((key) => {
      if (key === '__proto__') throw this.fault('no key of the metadata can be called __proto__');
      if (notes.has(key)) throw this.fault(`'${shown(key)}' is there twice in the metadata`);
      notes.set(key, this.string());
    });
    return notes;
  }

  private tensor(name: string): TensorEntry {
    let type: TensorType | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.object((key) => {
      if (key === 'dtype' && type === undefined) {
        const found = this.string();
        if (tensorTypeBytes(found) === undefined)
          throw this.fault(
            `'${shown(name)}' has numbers of type ${shown(found)}, which are not read: save it as F32, F16 or BF16`,
            'unsupported',
          );
        type = found as TensorType;
      } else if (key === 'shape' && shape === undefined) shape = this.list(MAX_AXES);
      else if (key === 'data_offsets' && offsets === undefined) offsets = this.list(2);
      else throw this.fault(`'${shown(name)}' has ${shown(key)} twice, or that is nothing that a tensor has`);
    });
    if (type === undefined || shape === undefined || offsets?.length !== 2)
      throw this.fault(`'${shown(name)}' lacks its dtype, its shape or its data_offsets`);
    let size = tensorTypeBytes(type)!;
    for (const axis of shape) {
      size *= axis;
      if (!Number.isSafeInteger(size)) throw this.fault(`the sizes of '${shown(name)}' are beyond all memory`);
    }
    const [from, to] = offsets;
    if (to - from !== size)
      throw this.fault(`'${shown(name)}' takes ${size} bytes, and its data_offsets say ${from} to ${to}`);
    return { name, type, shape, from, to };
  }

  /** Reads an object, calling `field` at each value. */
  private object(field: (key: string) => void): void {
    this.expect('{');
    if (this.accept('}')) return;
    do {
      this.blanks();
      const key = this.string();
      this.expect(':');
      field(key);
    } while (this.accept(','));
    this.expect('}');
  }

  private list(most: number): number[] {
    const values: number[] = [];
    this.expect('[');
    if (this.accept(']')) return values;
    do {
      if (values.length === most) throw this.fault(`a list of more than ${most} numbers`);
      this.blanks();
      // Sixteen digits hold every integer that is exact; what is larger is no size of anything.
      const pattern = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y;
      pattern.lastIndex = this.at;
      const digits = pattern.exec(this.text)?.[0];
      const value = Number(digits ?? Number.NaN);
      if (digits === undefined || !Number.isSafeInteger(value))
        throw this.fault('a size or offset is no whole number below 2^53');
      this.at += digits.length;
      values.push(value);
    } while (this.accept(','));
    this.expect(']');
    return values;
  }

  private string(): string {
    this.blanks();
    if (this.text[this.at] !== '"') throw this.fault('a text in quotes was expected');
    let end = this.at + 1;
    for (; ; end++) {
      const letter = this.text.charCodeAt(end);
      if (Number.isNaN(letter)) throw this.fault('a text without an end');
      if (letter === 34) break;
      if (letter === 92) end++;
    }
    let value: string;
    try {
      value = JSON.parse(this.text.slice(this.at, end + 1)) as string;
    } catch {
      throw this.fault('a text that is none in JSON');
    }
    if (/\p{Cs}/u.test(value)) throw this.fault('a text with half of a surrogate pair');
    this.at = end + 1;
    return value;
  }

  private blanks(): void {
    for (; ; this.at++) {
      const letter = this.text.charCodeAt(this.at);
      if (letter !== 32 && letter !== 10 && letter !== 13 && letter !== 9) return;
    }
  }

  private accept(sign: string): boolean {
    this.blanks();
    if (this.text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  private expect(sign: string): void {
    if (!this.accept(sign)) throw this.fault(`'${sign}' was expected`);
  }

  /** An error at this place; letters before it are taken for one byte each, which is right for nearly all headers. */
  private fault(message: string, code: SurprisalErrorCode = 'corrupt'): SurprisalError {
    return new SurprisalError(code, `safetensors: ${message} (at character ${this.at} of the header)`);
  }
}

/** A name for a message: short, and without what would move the cursor of a terminal. */
function shown(name: string): string {
  const plain = name.replace(/\p{C}/gu, '?');
  return plain.length > 80 ? `${plain.slice(0, 77)}...` : plain;
}
