/** What an archive member says about itself before its first block. */
export interface Header {
  /** Content kind: 0 file, 1 records, 2 graphs, 3 images. */
  readonly kind: number;
  /** Id of the method that coded it. */
  readonly method: number;
  /** Revision of the method. */
  readonly revision: number;
  /** The method's parameters, in the method's own encoding. */
  readonly parameters: Uint8Array;
  /** Memory that decoding takes for the model, in bytes: a multiple of 65,536. */
  readonly memory: number;
  /** Raw bytes in all, where known when the header was written. */
  readonly size?: number;
  /** Raw bytes to a segment; absent when all is one segment. */
  readonly segmentSize?: number;
  /** A file name, information only. */
  readonly name?: string;
  /** Time of last change, milliseconds since 1970. */
  readonly mtime?: number;
}
