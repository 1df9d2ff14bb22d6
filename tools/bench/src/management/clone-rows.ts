import type pg from 'pg';

/** New values of one column, one per copy; or an expression that PostgreSQL evaluates for each row. */
export type ColumnSource =
  | { readonly type: 'uuid' | 'text' | 'bytea' | 'smallint' | 'timestamptz'; readonly values: readonly unknown[] }
  | { readonly expression: string };

/** Rows of `table` in schema `governance` whose `column` is `id`: what the API wrote for one entity. */
export interface TemplateRows {
  readonly table: string;
  readonly column: string;
  readonly id: string;
}

/**
 * Copies the rows of one entity for many others, but for the columns that make them different. All other columns are
 * copied, and those with a default (numbers from a sequence) are drawn anew: copies read as the API would have
 * written them, and go on doing so when a table gets another column.
 *
 * @returns how many rows were written
 */
export async function cloneRows(
  database: pg.Client,
  { table, column, id }: TemplateRows,
  sources: Readonly<Record<string, ColumnSource>>,
): Promise<number> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
      WHERE table_schema = 'governance' AND table_name = $1 AND column_default IS NULL AND is_generated = 'NEVER'
      ORDER BY ordinal_position`,
    [table],
  );
  const columns = [...new Set([...rows.map(({ name }) => name), ...Object.keys(sources)])];
  const listed = Object.entries(sources).flatMap(([name, source]) => ('values' in source ? [{ name, ...source }] : []));
  const selected = columns.map((name) => {
    const source = sources[name];
    if (source === undefined) return `template.${name}`;
    return 'values' in source ? `copy.${name}` : source.expression;
  });
  const arrays = listed.map(({ type }, index) => `$${index + 2}::${type}[]`).join(', ');
  const names = listed.map(({ name }) => name).join(', ');
  const { rowCount } = await database.query(
    `INSERT INTO governance.${table} (${columns.join(', ')})
     SELECT ${selected.join(', ')}
       FROM governance.${table} template CROSS JOIN unnest(${arrays}) AS copy (${names})
      WHERE template.${column} = $1`,
    [id, ...listed.map(({ values }) => values)],
  );
  return rowCount ?? 0;
}
