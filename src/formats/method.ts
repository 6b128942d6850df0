/** What a way of coding blocks is: the interfaces that every method is an instance of. */

/** Codes the blocks of one segment; the model runs on from block to block. */
export interface BlockEncoder {
  /** Makes it as new, for the next segment. */
  reset(): void;
  begin(): void;
  encode(bytes: Uint8Array): void;
  end(): Uint8Array;
}

/** Decodes the blocks of one segment. */
export interface BlockDecoder {
  /** Makes it as new, for the next segment. */
  reset(): void;
  begin(coded: Uint8Array): void;
  decode(into: Uint8Array): void;
  /** Whether the block's coded bytes have been consumed exactly. */
  readonly finished: boolean;
  /** Whether more than the block's coded bytes have been consumed: it is damaged, and the rest need not be decoded. */
  readonly overrun: boolean;
  /** Learns the bytes of a stored block, which the encoder learnt while it tried to code them. */
  learn(bytes: Uint8Array): void;
}

/** A method with its parameters. */
export interface Model {
  readonly method: Method;
  /** The parameters as the header holds them. */
  readonly parameters: Uint8Array;
  /** Bytes of memory that an encoder or a decoder takes: a multiple of 65,536. */
  readonly memory: number;
  /** A fresh encoder; undefined when the method only stores. */
  encoder(): BlockEncoder | undefined;
  /** A fresh decoder; undefined when the method only stores. */
  decoder(): BlockDecoder | undefined;
  /** Where the member's raw bytes are not the content but stand for it: what makes the content of them. */
  expansion?(): Expansion;
}

/** Makes a member's content of its raw bytes, once it has all of them. */
export interface Expansion {
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes of it that are decoded, about. */
  readonly done: number;
  /** Takes raw bytes. Throws SurprisalError `corrupt` when there are too many. */
  push(raw: Uint8Array): void;
  /** Yields the content, and `undefined` now and then. Throws SurprisalError `corrupt`. */
  end(): Generator<Uint8Array | undefined, void, void>;
}

/** A way of coding blocks that a header can name. */
export interface Method {
  readonly id: number;
  readonly name: string;
  /** The revision that this package writes and reads. */
  readonly revision: number;
  /** The one content kind that it is for, where its raw bytes only stand for the content. */
  readonly kind?: number;
  /** The parameters by name, for listings; nothing where they are not of this method. */
  describe(parameters: Uint8Array): Record<string, number>;
  /**
   * The model of these parameters. Nothing large is allocated yet.
   *
   * @throws SurprisalError `corrupt` when there is no such model.
   */
  open(parameters: Uint8Array): Model;
}
