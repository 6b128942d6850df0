/** How many cases were equal, by coder and model and by coder and what is extreme, in each direction. */
export class Counts {
  private readonly tally = new Map<string, Map<string, [decoded: number, encoded: number]>>();
  private readonly columns = new Set<string>();
  private readonly title: string;

  /** Counts under a title of their own. */
  constructor(title: string) {
    this.title = title;
  }

  /** Counts a case of `row`, a model or what is extreme, with the coder of `column`. */
  add(column: string, row: string, direction: 'decode' | 'encode'): void {
    this.columns.add(column);
    const cells = this.tally.get(row) ?? new Map<string, [number, number]>();
    this.tally.set(row, cells);
    const cell = cells.get(column) ?? [0, 0];
    cell[direction === 'decode' ? 0 : 1]++;
    cells.set(column, cell);
  }

  /** A line for each row: TypeScript -> Python / Python -> TypeScript. */
  toString(): string {
    const columns = [...this.columns];
    const rows = [[this.title, ...columns]];
    for (const [row, cells] of this.tally)
      rows.push([row, ...columns.map((name) => cells.get(name)?.join(' / ') ?? '–')]);
    const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
    return rows
      .map((row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  }
}
