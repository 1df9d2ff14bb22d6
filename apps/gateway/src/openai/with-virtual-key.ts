import { applyDecorators } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { ErrorCode } from '@penstock/domain';

/** Documents a controller whose callers name themselves with a virtual key, in any of the headers that may carry it. */
export function WithVirtualKey(): ClassDecorator {
  return applyDecorators(
    ApiTags('openai'),
    ApiSecurity('virtualKeyHeader'),
    ApiSecurity('bearer'),
    ApiSecurity('apiKeyHeader'),
    ApiSecurity('googleApiKeyHeader'),
  );
}

/** What whoever only reads with a virtual key may be refused with. */
export const READING_REFUSALS: readonly ErrorCode[] = [
  'virtual_key_required',
  'virtual_key_empty',
  'virtual_key_not_found',
  'virtual_key_blocked',
  'organization_suspended',
  'team_suspended',
  'virtual_key_expired',
  'ip_not_allowed',
  'store_unavailable',
  'policy_unavailable',
];
