/** Rows that are looked up at once. */
export const DUE_PAGE = 500;

/** What is due, and what is done about it. */
export interface DueWork<Row> {
  /** At most {@link DUE_PAGE} rows in a fixed order, those that come after the given one. */
  readonly find: (after: Row | undefined) => Promise<readonly Row[]>;
  readonly work: (row: Row) => Promise<void>;
  readonly onFailure: (row: Row, error: unknown) => void;
}

/**
 * Does everything that is due, page by page. One that fails does not keep the others waiting: it is due again next time.
 *
 * @throws AggregateError with all failures, after the last page.
 */
export async function forEachDue<Row>({ find, work, onFailure }: DueWork<Row>): Promise<void> {
  const failures: unknown[] = [];
  for (let after: Row | undefined; ;) {
    const rows = await find(after);
    for (const row of rows) {
      try {
        await work(row);
      } catch (error) {
        onFailure(row, error);
        failures.push(error);
      }
    }
    if (rows.length < DUE_PAGE) break;
    after = rows.at(-1);
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} are left for the next time.`);
}
