import { Injectable } from '@nestjs/common';
import { AppError, KNOWN_PROVIDERS, knownBaseUrlOf, providerNameFrom, uuidv7 } from '@penstock/domain';
import { OrganizationEntity, ProviderCredentialEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, PolicyChanges } from '@penstock/management';
import { AddressPolicy, checkProviderBaseUrl, type RequestContext, SecretBox } from '@penstock/platform';

import type { OrganizationCredentialsResponse, ProviderCredentialResponse } from './provider-credential.response.js';
import { toAuditCredential, toProviderCredentialResponse } from './provider-credentials.mapping.js';
import { ProviderCredentialsRepository } from './provider-credentials.repository.js';
import type {
  CreateProviderCredentialRequest,
  ProviderCredentialListQuery,
  UpdateProviderCredentialRequest,
} from './provider-credentials.requests.js';

/** A key shorter than this shows none of its characters. */
const HINTED_LENGTH_MIN = 16;
const HINT_LENGTH = 4;

/** Columns of a key. */
type KeyColumns = Pick<ProviderCredentialEntity, 'keyCiphertext' | 'keyVersion' | 'keyHint'>;

/** Accounts that organizations have with providers. Every change governs the next call of the organization's keys. */
@Injectable()
export class ProviderCredentialsService {
  constructor(
    private readonly credentials: ProviderCredentialsRepository,
    private readonly changes: PolicyChanges,
    private readonly addresses: AddressPolicy,
    private readonly box: SecretBox,
  ) {}

  async list(query: ProviderCredentialListQuery): Promise<ProviderCredentialResponse[]> {
    const found = await this.credentials.list({
      organizationId: query.organization_id,
      provider: query.provider === undefined ? undefined : await this.askedProvider(query.provider),
      activeOnly: query.active_only ?? true,
    });
    return found.map((credential) => toProviderCredentialResponse(credential));
  }

  async get(credentialId: string): Promise<ProviderCredentialResponse> {
    const credential = await this.credentials.findById(credentialId);
    if (credential === null) throw credentialNotFound(credentialId);
    return toProviderCredentialResponse(credential);
  }

  async ofOrganization(organizationId: string, activeOnly: boolean): Promise<OrganizationCredentialsResponse> {
    await this.organization(organizationId);
    const found = await this.credentials.list({ organizationId, activeOnly });
    return {
      organization_id: organizationId,
      credentials: found.map((credential) => toProviderCredentialResponse(credential)),
    };
  }

  /** The one in use. */
  async ofProvider(organizationId: string, provider: string): Promise<ProviderCredentialResponse> {
    const name = await this.askedProvider(provider);
    await this.organization(organizationId);
    const [credential] = await this.credentials.list({ organizationId, provider: name, activeOnly: true });
    if (credential === undefined) {
      throw new AppError('not_found', {
        detail: `Organization '${organizationId}' has no active credential for '${name}'.`,
      });
    }
    return toProviderCredentialResponse(credential);
  }

  async create(
    ctx: RequestContext,
    request: CreateProviderCredentialRequest,
  ): Promise<Changed<ProviderCredentialResponse>> {
    const apiBase = this.acceptedBase(request.api_base ?? null);
    const provider = acceptedProvider(request.provider, apiBase);
    const credentialId = uuidv7(ctx.nowMs);
    return this.changes.run(ctx, async (change) => {
      const organization = await this.credentials.holdOrganization(change.tx, request.organization_id);
      if (organization === null) throw organizationNotFound(request.organization_id);
      const credential = Object.assign(new ProviderCredentialEntity(), {
        credentialId,
        organizationId: organization.organizationId,
        provider,
        credentialName: request.credential_name,
        apiBase,
        ...this.sealed(request.api_key, credentialId),
        isActive: true,
        createdAt: change.now,
        updatedAt: change.now,
        createdBy: ctx.actor.id,
        updatedBy: ctx.actor.id,
      });
      await this.credentials.insert(change.tx, credential);
      announce(change, organization, 'created', null, credential);
      return toProviderCredentialResponse(credential);
    });
  }

  /** A new key is always a change, whether or not it is the one that is stored. */
  async update(
    ctx: RequestContext,
    credentialId: string,
    request: UpdateProviderCredentialRequest,
  ): Promise<Changed<ProviderCredentialResponse>> {
    const apiBase = typeof request.api_base === 'string' ? this.acceptedBase(request.api_base) : undefined;
    return this.change(ctx, credentialId, 'updated', (before) => {
      // Without an address of its own it would be a provider that nobody can reach.
      if (apiBase === null) acceptedProvider(before.provider, null);
      if (apiBase !== undefined && typeof request.api_key !== 'string') refuseOtherServer(before.apiBase, apiBase);
      return {
        credentialName: request.credential_name ?? before.credentialName,
        apiBase: apiBase === undefined ? before.apiBase : apiBase,
        isActive: request.is_active ?? before.isActive,
        ...(typeof request.api_key === 'string' ? this.sealed(request.api_key, credentialId) : {}),
      };
    });
  }

  activate(ctx: RequestContext, credentialId: string): Promise<Changed<ProviderCredentialResponse>> {
    return this.change(ctx, credentialId, 'activated', () => ({ isActive: true }));
  }

  /** Calls go out with the gateway's own key again, if it has one for the provider. */
  deactivate(ctx: RequestContext, credentialId: string): Promise<Changed<ProviderCredentialResponse>> {
    return this.change(ctx, credentialId, 'deactivated', () => ({ isActive: false }));
  }

  async delete(ctx: RequestContext, credentialId: string): Promise<Changed<ProviderCredentialResponse>> {
    return this.changes.run(ctx, async (change) => {
      const { before, organization } = await this.lock(change, credentialId);
      await this.credentials.delete(change.tx, credentialId);
      announce(change, organization, 'deleted', before, null);
      return toProviderCredentialResponse(before);
    });
  }

  private change(
    ctx: RequestContext,
    credentialId: string,
    action: string,
    fieldsOf: (before: ProviderCredentialEntity) => Partial<ProviderCredentialEntity>,
  ): Promise<Changed<ProviderCredentialResponse>> {
    return this.changes.run(ctx, async (change) => {
      const { before, organization } = await this.lock(change, credentialId);
      const after = Object.assign(new ProviderCredentialEntity(), before, fieldsOf(before));
      if (isSame(before, after)) return toProviderCredentialResponse(before);
      after.updatedAt = nextTimestamp(before.updatedAt, change.now);
      after.updatedBy = ctx.actor.id;
      await this.credentials.update(change.tx, after);
      announce(change, organization, action, before, after);
      return toProviderCredentialResponse(after);
    });
  }

  private async lock(
    change: Change,
    credentialId: string,
  ): Promise<{ readonly before: ProviderCredentialEntity; readonly organization: OrganizationEntity }> {
    // The organization first, as where it is deleted with its credentials: the other way round they would deadlock.
    const known = await this.credentials.findById(credentialId);
    const organization =
      known === null ? null : await this.credentials.holdOrganization(change.tx, known.organizationId);
    const before = await this.credentials.lockById(change.tx, credentialId);
    if (organization === null || before === null) throw credentialNotFound(credentialId);
    return { before, organization };
  }

  /** @throws AppError `provider_unsupported` for one that is neither known nor used by anybody. */
  private async askedProvider(text: string): Promise<string> {
    const name = acceptedName(text);
    if (knownBaseUrlOf(name) === undefined && !(await this.credentials.existsFor(name))) throw addressUnknown(name);
    return name;
  }

  private async organization(organizationId: string): Promise<OrganizationEntity> {
    // PostgreSQL's text has no NUL: such an id can name nothing.
    const found = organizationId.includes('\0') ? null : await this.credentials.findOrganization(organizationId);
    if (found === null) throw organizationNotFound(organizationId);
    return found;
  }

  private sealed(apiKey: string, credentialId: string): KeyColumns {
    const { ciphertext, keyVersion } = this.box.encrypt(apiKey, credentialId);
    const keyHint = apiKey.length < HINTED_LENGTH_MIN ? null : apiKey.slice(-HINT_LENGTH);
    return { keyCiphertext: ciphertext, keyVersion, keyHint };
  }

  private acceptedBase(text: string | null): string | null {
    if (text === null || text === '') return null;
    const checked = checkProviderBaseUrl(text, this.addresses);
    if ('reason' in checked) {
      throw new AppError('validation_failed', {
        detail: `api_base ${checked.reason}.`,
        fields: [{ path: 'api_base', reason: checked.reason }],
      });
    }
    return checked.baseUrl;
  }
}

/** @throws AppError `provider_unsupported` for what can be no provider's name. */
function acceptedName(text: string): string {
  const name = providerNameFrom(text);
  if (name !== undefined) return name;
  throw new AppError('provider_unsupported', {
    detail: `'${text.slice(0, 63)}' is not the name of a provider: it takes 1 to 63 letters, digits, '.', '_' and '-'.`,
  });
}

/** @throws AppError `provider_unsupported` for a provider whose address nobody knows. */
function acceptedProvider(text: string, apiBase: string | null): string {
  const name = acceptedName(text);
  if (apiBase !== null || knownBaseUrlOf(name) !== undefined) return name;
  throw addressUnknown(name);
}

function addressUnknown(name: string): AppError {
  const known = KNOWN_PROVIDERS.map((provider) => provider.name).join(', ');
  return new AppError('provider_unsupported', {
    detail: `The address of the provider '${name}' is not known: give api_base, or use one of ${known}.`,
  });
}

function credentialNotFound(credentialId: string): AppError {
  return new AppError('not_found', { detail: `Provider credential '${credentialId}' was not found.` });
}

function organizationNotFound(organizationId: string): AppError {
  return new AppError('not_found', { detail: `Organization '${organizationId}' was not found.` });
}

function isSame(before: ProviderCredentialEntity, after: ProviderCredentialEntity): boolean {
  const fields = ['credentialName', 'apiBase', 'isActive', 'keyCiphertext'] as const;
  return fields.every((field) => before[field] === after[field]);
}

/** In the chain of the tenant; its gateways learn of it. */
function announce(
  change: Change,
  { customerId }: OrganizationEntity,
  action: string,
  before: ProviderCredentialEntity | null,
  after: ProviderCredentialEntity | null,
): void {
  change.touch(customerId);
  change.audit({
    tenantId: customerId,
    action: `provider_credential.${action}`,
    entityType: 'provider_credential',
    entityId: (after ?? before)?.credentialId ?? '',
    before: before === null ? null : toAuditCredential(before),
    after:
      after === null
        ? null
        : { ...toAuditCredential(after), ...(isNewKey(before, after) ? { api_key: '[redacted, replaced]' } : {}) },
  });
}

function isNewKey(before: ProviderCredentialEntity | null, after: ProviderCredentialEntity): boolean {
  return before !== null && before.keyCiphertext !== after.keyCiphertext;
}

/**
 * Whoever may change the address but was never told the key must not get it sent to a server of theirs. Back to the
 * provider's own address is no such server.
 */
function refuseOtherServer(before: string | null, after: string | null): void {
  if (after === null || (before !== null && new URL(before).origin === new URL(after).origin)) return;
  throw new AppError('validation_failed', {
    detail: 'api_key must be given again when api_base leads to another server.',
    fields: [{ path: 'api_key', reason: 'must be given again when api_base leads to another server' }],
  });
}
