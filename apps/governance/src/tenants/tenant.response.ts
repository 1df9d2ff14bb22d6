import { ApiProperty } from '@nestjs/swagger';

/** A unit of accounting and its settings: a customer, a team without customer, or a key without either. */
export class TenantResponse {
  @ApiProperty({ type: String, format: 'uuid', description: 'Id of the customer, team or key.' })
  id!: string;

  @ApiProperty({ enum: ['customer', 'team', 'virtual_key'] })
  kind!: 'customer' | 'team' | 'virtual_key';

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String, example: 'Europe/Berlin' })
  time_zone!: string;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 12 })
  fiscal_year_start_month!: number;

  @ApiProperty({ enum: ['finish', 'cut'] })
  stream_policy!: 'finish' | 'cut';
}

/** Answer with one tenant. */
export class TenantEnvelope {
  @ApiProperty({ type: TenantResponse })
  tenant!: TenantResponse;
}

/** Answer to a change of a tenant's settings. */
export class ChangedTenantEnvelope extends TenantEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}
