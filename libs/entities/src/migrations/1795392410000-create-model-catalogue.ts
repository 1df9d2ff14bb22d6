import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A join of two rows, without anything of its own but when it was made. */
function linkTable(table: string, links: readonly { column: string; type: string; references: string }[]): string[] {
  const [first, second] = links.map(({ column }) => column);
  return [
    `CREATE TABLE saas.${table} (
      ${links
        .map(
          ({ column, type, references }) =>
            `${column} ${type} NOT NULL CONSTRAINT fk_${table}_${column} REFERENCES ${references},`,
        )
        .join('\n')}
      assigned_at timestamptz(3) NOT NULL,
      CONSTRAINT pk_${table} PRIMARY KEY (${first}, ${second})
    )`,
    `CREATE INDEX ix_${table}_${second} ON saas.${table} (${second})`,
  ];
}

const TEAM = { column: 'team_id', type: 'text', references: 'saas.teams (team_id) ON DELETE CASCADE' };

const UP = [
  `CREATE TABLE saas.model_groups (
    model_group_id uuid CONSTRAINT pk_model_groups PRIMARY KEY,
    group_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    status text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_model_groups_group_name UNIQUE (group_name),
    CONSTRAINT ck_model_groups_status CHECK (status IN ('active', 'inactive'))
  )`,
  `CREATE TABLE saas.model_group_models (
    id uuid CONSTRAINT pk_model_group_models PRIMARY KEY,
    model_group_id uuid NOT NULL CONSTRAINT fk_model_group_models_model_group_id
      REFERENCES saas.model_groups (model_group_id) ON DELETE CASCADE,
    model_name text NOT NULL,
    priority integer NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_model_group_models_model_group_id_model_name UNIQUE (model_group_id, model_name)
  )`,
  `CREATE TABLE saas.model_aliases (
    model_alias_id uuid CONSTRAINT pk_model_aliases PRIMARY KEY,
    model_alias text NOT NULL,
    display_name text NOT NULL,
    provider text NOT NULL,
    actual_model text NOT NULL,
    description text,
    pricing_input numeric(24, 6),
    pricing_output numeric(24, 6),
    status text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_model_aliases_model_alias UNIQUE (model_alias),
    CONSTRAINT ck_model_aliases_pricing CHECK (pricing_input >= 0 AND pricing_output >= 0),
    CONSTRAINT ck_model_aliases_status CHECK (status IN ('active', 'inactive'))
  )`,
  `CREATE TABLE saas.model_access_groups (
    model_access_group_id uuid CONSTRAINT pk_model_access_groups PRIMARY KEY,
    group_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    status text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_model_access_groups_group_name UNIQUE (group_name),
    CONSTRAINT ck_model_access_groups_status CHECK (status IN ('active', 'inactive'))
  )`,
  // Groups that teams use are not deleted, so what a team holds does not cascade from them; an alias takes its links along.
  ...linkTable('team_model_groups', [
    TEAM,
    { column: 'model_group_id', type: 'uuid', references: 'saas.model_groups (model_group_id)' },
  ]),
  ...linkTable('model_alias_access_groups', [
    {
      column: 'model_alias_id',
      type: 'uuid',
      references: 'saas.model_aliases (model_alias_id) ON DELETE CASCADE',
    },
    {
      column: 'model_access_group_id',
      type: 'uuid',
      references: 'saas.model_access_groups (model_access_group_id) ON DELETE CASCADE',
    },
  ]),
  ...linkTable('team_access_groups', [
    TEAM,
    { column: 'model_access_group_id', type: 'uuid', references: 'saas.model_access_groups (model_access_group_id)' },
  ]),
];

const DOWN = [
  'team_access_groups',
  'model_alias_access_groups',
  'team_model_groups',
  'model_access_groups',
  'model_aliases',
  'model_group_models',
  'model_groups',
].map((table) => `DROP TABLE saas.${table}`);

/** What teams may call: groups of models, aliases of models and groups of aliases, and which of them a team holds. */
export class CreateModelCatalogue1795392410000 implements MigrationInterface {
  name = 'CreateModelCatalogue1795392410000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
