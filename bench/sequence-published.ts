/** What others state for the same files, and where. */

/** A source of published figures. */
export interface Published {
  id: string;
  /** As a table's head names it. */
  title: string;
  /** Where the figures stand. */
  source: string;
  /** Bits a character by the name of the file. */
  bits: Record<string, number>;
}

/** Bytes as bits a character. */
function fromBytes(files: Record<string, readonly [bytes: number, size: number]>): Record<string, number> {
  return Object.fromEntries(Object.entries(files).map(([name, [bytes, size]]) => [name, (8 * bytes) / size]));
}

const sizes = {
  'alice29.txt': 152_089,
  'asyoulik.txt': 125_179,
  'cp.html': 24_603,
  'fields.c': 11_150,
  'grammar.lsp': 3721,
  'lcet10.txt': 426_754,
  'plrabn12.txt': 481_861,
  'xargs.1': 4227,
} as const;

/** All of them. */
export const published: readonly Published[] = [
  {
    id: 'lz78',
    title: "LZ78, its authors' program",
    source:
      'N. Sagan and T. Weissman 2024 (arXiv:2410.06589): their own program, github.com/NSagan271/lz78_rust at fb7c7ab, LZ78SPA with a Dirichlet prior, γ = 2/256, built and run on these files on 2026-11-22; the paper has no table of these collections',
    bits: {
      bib: 4.043046,
      book1: 3.999909,
      obj1: 5.356286,
      paper1: 4.585857,
      progc: 4.696223,
      'alice29.txt': 4.076895,
      'asyoulik.txt': 4.310186,
      'lcet10.txt': 3.833178,
      'plrabn12.txt': 4.012329,
    },
  },
  {
    id: 'lzw',
    title: 'LZW, published',
    source:
      'A. Gleave and C. Steinruecken 2017 (arXiv:1701.04047), github.com/AdamGleave/UnicodeCompressor at 7a2452c, experiments/tables/benchmark.csv, column none_lzw_byte: code words by arithmetic coding',
    bits: fromBytes({
      'alice29.txt': [60_145, sizes['alice29.txt']],
      'asyoulik.txt': [53_194, sizes['asyoulik.txt']],
      'cp.html': [10_879, sizes['cp.html']],
      'fields.c': [4753, sizes['fields.c']],
      'grammar.lsp': [1719, sizes['grammar.lsp']],
      'lcet10.txt': [157_634, sizes['lcet10.txt']],
      'plrabn12.txt': [191_894, sizes['plrabn12.txt']],
      'xargs.1': [2239, sizes['xargs.1']],
    }),
  },
  {
    id: 'ppmd',
    title: 'PPMd, published',
    source: 'the same table of Gleave and Steinruecken (arXiv:1701.04047), column ref_PPMd',
    bits: fromBytes({
      'alice29.txt': [39_949, sizes['alice29.txt']],
      'asyoulik.txt': [36_615, sizes['asyoulik.txt']],
      'cp.html': [6685, sizes['cp.html']],
      'fields.c': [2736, sizes['fields.c']],
      'grammar.lsp': [1073, sizes['grammar.lsp']],
      'lcet10.txt': [101_168, sizes['lcet10.txt']],
      'plrabn12.txt': [134_795, sizes['plrabn12.txt']],
      'xargs.1': [1516, sizes['xargs.1']],
    }),
  },
  {
    id: 'ctw',
    title: 'context-tree weighting, published',
    source:
      'F. M. J. Willems, Y. M. Shtarkov and Tj. J. Tjalkens, Reflections on "The context-tree weighting method: basic properties", IEEE Information Theory Society Newsletter, March 1997, last section: 7 binary digits a character, depth 12, zero-redundancy estimator',
    bits: { bib: 1.825, book1: 2.18, book2: 1.875, news: 2.346, paper1: 2.29, paper2: 2.232, progc: 2.336 },
  },
  {
    id: 'ctwz',
    title: 'ctwz',
    source: 'bytes that github.com/meiji163/ctwz states for its depth 12',
    bits: fromBytes({
      'alice29.txt': [47_817, sizes['alice29.txt']],
      'asyoulik.txt': [42_720, sizes['asyoulik.txt']],
      'plrabn12.txt': [151_034, sizes['plrabn12.txt']],
    }),
  },
];
