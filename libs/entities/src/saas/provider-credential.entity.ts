import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { OrganizationEntity } from './organization.entity.js';

/** A provider's API key that belongs to an organization: its calls go out with it instead of the gateway's own. */
@Entity({ schema: 'saas', name: 'provider_credentials' })
@Check('ck_provider_credentials_provider', `provider = lower(provider) AND provider <> ''`)
@Index('uq_provider_credentials_active', ['organizationId', 'provider'], { unique: true, where: 'is_active' })
@Index('ix_provider_credentials_organization_id', ['organizationId', 'createdAt', 'credentialId'])
@Index('ix_provider_credentials_created_at', ['createdAt', 'credentialId'])
export class ProviderCredentialEntity {
  /** Seals {@link keyCiphertext}: a sealed key opens only under the id of its row. */
  @PrimaryColumn({ type: 'uuid', name: 'credential_id', primaryKeyConstraintName: 'pk_provider_credentials' })
  credentialId!: string;

  @ForeignKey(() => OrganizationEntity, 'organizationId', {
    name: 'fk_provider_credentials_organization_id',
    onDelete: 'CASCADE',
  })
  @Column({ type: 'text', name: 'organization_id' })
  organizationId!: string;

  /** Lower case, as in the prefix of a model name. */
  @Column({ type: 'text', name: 'provider' })
  provider!: string;

  @Column({ type: 'text', name: 'credential_name' })
  credentialName!: string;

  /** Where calls go; null: where the gateway reaches this provider. */
  @Column({ type: 'text', name: 'api_base', nullable: true })
  apiBase!: string | null;

  /** The provider's key, sealed and bound to the id of this row. */
  @Column({ type: 'bytea', name: 'key_ciphertext' })
  keyCiphertext!: Buffer;

  /** Version of the encryption key that sealed it. */
  @Column({ type: 'smallint', name: 'key_version' })
  keyVersion!: number;

  /** Last four characters of a key that is long enough to spare them. */
  @Column({ type: 'text', name: 'key_hint', nullable: true })
  keyHint!: string | null;

  /** Of one organization and provider at most one is in use. */
  @Column({ type: 'boolean', name: 'is_active' })
  isActive!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;

  /** The operator: an account's id or `master-key`. */
  @Column({ type: 'text', name: 'created_by' })
  createdBy!: string;

  @Column({ type: 'text', name: 'updated_by' })
  updatedBy!: string;
}
