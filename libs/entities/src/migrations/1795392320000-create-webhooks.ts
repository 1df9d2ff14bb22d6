import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `CREATE TABLE governance.webhooks (
    id uuid CONSTRAINT pk_webhooks PRIMARY KEY,
    team_id uuid CONSTRAINT fk_webhooks_team_id REFERENCES governance.teams (id) ON DELETE CASCADE,
    customer_id uuid CONSTRAINT fk_webhooks_customer_id REFERENCES governance.customers (id) ON DELETE CASCADE,
    url text NOT NULL,
    description text,
    secret_ciphertext bytea NOT NULL,
    secret_key_version smallint NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_webhooks_one_owner CHECK (num_nonnulls(team_id, customer_id) = 1)
  )`,
  'CREATE INDEX ix_webhooks_team_id ON governance.webhooks (team_id)',
  'CREATE INDEX ix_webhooks_customer_id ON governance.webhooks (customer_id)',
  `CREATE TABLE governance.alerts (
    id uuid CONSTRAINT pk_alerts PRIMARY KEY,
    tenant_id uuid NOT NULL,
    budget_id uuid NOT NULL,
    limit_key text NOT NULL,
    generation integer NOT NULL,
    window_start_at timestamptz(3) NOT NULL,
    window_end_at timestamptz(3) NOT NULL,
    kind text NOT NULL,
    threshold_percent integer,
    used_nano_usd numeric(38, 0) NOT NULL,
    cap_nano_usd numeric(38, 0) NOT NULL,
    exhausts_at timestamptz(3),
    owners jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_alerts_window_kind_threshold_percent
      UNIQUE NULLS NOT DISTINCT (limit_key, generation, window_start_at, kind, threshold_percent),
    CONSTRAINT ck_alerts_kind CHECK (kind IN ('threshold', 'forecast')),
    CONSTRAINT ck_alerts_threshold_percent CHECK ((kind = 'threshold') = (threshold_percent IS NOT NULL)),
    CONSTRAINT ck_alerts_exhausts_at CHECK ((kind = 'forecast') = (exhausts_at IS NOT NULL))
  )`,
  'CREATE INDEX ix_alerts_created_at ON governance.alerts (created_at, id)',
  'CREATE INDEX ix_alerts_tenant_id ON governance.alerts (tenant_id, created_at)',
  'CREATE INDEX ix_alerts_budget_id ON governance.alerts (budget_id, created_at)',
  `CREATE TABLE governance.webhook_deliveries (
    id uuid CONSTRAINT pk_webhook_deliveries PRIMARY KEY,
    webhook_id uuid NOT NULL
      CONSTRAINT fk_webhook_deliveries_webhook_id REFERENCES governance.webhooks (id) ON DELETE CASCADE,
    alert_id uuid NOT NULL
      CONSTRAINT fk_webhook_deliveries_alert_id REFERENCES governance.alerts (id) ON DELETE CASCADE,
    status text NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at timestamptz(3) NOT NULL,
    last_attempt_at timestamptz(3),
    last_status integer,
    last_error text,
    delivered_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_webhook_deliveries_webhook_id_alert_id UNIQUE (webhook_id, alert_id),
    CONSTRAINT ck_webhook_deliveries_status CHECK (status IN ('pending', 'delivered', 'dead'))
  )`,
  'CREATE INDEX ix_webhook_deliveries_alert_id ON governance.webhook_deliveries (alert_id)',
  `CREATE INDEX ix_webhook_deliveries_due ON governance.webhook_deliveries (next_attempt_at) WHERE status = 'pending'`,
  'CREATE INDEX ix_webhook_deliveries_status ON governance.webhook_deliveries (status, created_at, id)',
];

/** Alerts of budgets and the webhooks that hear of them. */
export class CreateWebhooks1795392320000 implements MigrationInterface {
  name = 'CreateWebhooks1795392320000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['webhook_deliveries', 'alerts', 'webhooks']) {
      await queryRunner.query(`DROP TABLE governance.${table}`);
    }
  }
}
