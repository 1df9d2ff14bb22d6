import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { SharedBudgetName } from '../limits/answers/limit-responses.js';

interface NameRow extends SharedBudgetName {
  readonly virtualKeyId: string | null;
  readonly teamId: string | null;
}

const NAMES_SQL = `
SELECT b.id, b.name, a.virtual_key_id AS "virtualKeyId", a.team_id AS "teamId"
FROM governance.budget_attachments a JOIN governance.budgets b ON b.id = a.budget_id
WHERE a.virtual_key_id = ANY($1) OR a.team_id = ANY($2) ORDER BY b.seq`;

/** From which shared budgets keys and teams spend: one query for any number of them. */
@Injectable()
export class SharedBudgetNames {
  constructor(private readonly dataSource: DataSource) {}

  /** By key: what is attached to it or to its team, each budget once. Keys without any are absent. */
  async ofKeys(
    keys: readonly { readonly id: string; readonly teamId: string | null }[],
  ): Promise<Map<string, SharedBudgetName[]>> {
    const rows = await this.find(
      keys.map(({ id }) => id),
      keys.flatMap(({ teamId }) => teamId ?? []),
    );
    const bySubject = Map.groupBy(rows, ({ virtualKeyId, teamId }) => virtualKeyId ?? teamId ?? '');
    return present(
      keys.map(({ id, teamId }) => [id, [...(bySubject.get(id) ?? []), ...(bySubject.get(teamId ?? '') ?? [])]]),
    );
  }

  /** By team; teams without any are absent. */
  async ofTeams(teamIds: readonly string[]): Promise<Map<string, SharedBudgetName[]>> {
    const rows = await this.find([], teamIds);
    return present([...Map.groupBy(rows, ({ teamId }) => teamId ?? '')]);
  }

  private async find(keyIds: readonly string[], teamIds: readonly string[]): Promise<NameRow[]> {
    return keyIds.length + teamIds.length === 0 ? [] : this.dataSource.query(NAMES_SQL, [keyIds, teamIds]);
  }
}

function present(entries: readonly (readonly [string, readonly NameRow[]])[]): Map<string, SharedBudgetName[]> {
  return new Map(
    entries
      .filter(([, rows]) => rows.length > 0)
      .map(([id, rows]) => [id, [...new Map(rows.map((row) => [row.id, { id: row.id, name: row.name }])).values()]]),
  );
}
