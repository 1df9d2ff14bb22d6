/** A table with a sealed secret in every row, bound to the id of the row. */
export interface SealedColumns {
  /** What its secrets are, for people. */
  readonly secrets: string;
  readonly table: string;
  readonly id: string;
  readonly ciphertext: string;
  readonly keyVersion: string;
  /**
   * Tenants whose policies carry the sealed text of rows ($1: their ids); undefined where policies carry none.
   * Gateways must get the new text before the old key goes.
   */
  readonly tenantsSql?: string;
}

/** Every sealed secret of the database. */
export const SEALED_COLUMNS: readonly SealedColumns[] = [
  {
    secrets: 'virtual key values',
    table: 'governance.virtual_key_secrets',
    id: 'id',
    ciphertext: 'value_ciphertext',
    keyVersion: 'value_key_version',
  },
  {
    secrets: 'webhook secrets',
    table: 'governance.webhooks',
    id: 'id',
    ciphertext: 'secret_ciphertext',
    keyVersion: 'secret_key_version',
  },
  {
    secrets: 'provider credentials',
    table: 'saas.provider_credentials',
    id: 'credential_id',
    ciphertext: 'key_ciphertext',
    keyVersion: 'key_version',
    tenantsSql: `SELECT DISTINCT o.customer_id::text AS "tenantId" FROM saas.provider_credentials c
      JOIN saas.organizations o USING (organization_id) WHERE c.credential_id = ANY($1) AND c.is_active
      ORDER BY "tenantId"`,
  },
];
