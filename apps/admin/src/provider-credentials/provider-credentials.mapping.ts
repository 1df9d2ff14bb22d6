import type { ProviderCredentialEntity } from '@penstock/entities';

import type { ProviderCredentialResponse } from './provider-credential.response.js';

export function toProviderCredentialResponse(credential: ProviderCredentialEntity): ProviderCredentialResponse {
  return {
    credential_id: credential.credentialId,
    organization_id: credential.organizationId,
    provider: credential.provider,
    credential_name: credential.credentialName,
    api_base: credential.apiBase,
    is_active: credential.isActive,
    created_at: credential.createdAt.toISOString(),
    updated_at: credential.updatedAt.toISOString(),
    created_by: credential.createdBy,
    updated_by: credential.updatedBy,
    has_api_key: true,
    key_hint: credential.keyHint,
  };
}

/** What the audit trail keeps: that the key was another one shows in its hint and in `api_key`. */
export function toAuditCredential(credential: ProviderCredentialEntity): Record<string, unknown> {
  return { ...toProviderCredentialResponse(credential), api_key: '[redacted]' };
}
