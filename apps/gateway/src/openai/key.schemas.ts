import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LimitReportSchema } from '@penstock/platform';

/** A provider that a key may use. */
export class KeyProviderConfig {
  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: Number, description: 'Share of the calls that name no provider. 0: only as a fallback.' })
  weight!: number;

  @ApiProperty({ type: [String], nullable: true, description: 'Null or empty: every model of the provider.' })
  allowed_models!: string[] | null;
}

/** A key, as its holder may see it. */
export class KeyStatus {
  @ApiProperty({ enum: ['virtual_key'] })
  object!: string;

  @ApiProperty({ type: String })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: Boolean })
  is_active!: boolean;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'The end of the key or of the value that was sent, whichever is earlier.',
  })
  expires_at?: string;

  @ApiProperty({ type: [String], nullable: true, description: 'Null or empty: from everywhere.' })
  allowed_ips!: string[] | null;

  @ApiProperty({ type: [String], nullable: true, description: 'Null or empty: every model.' })
  allowed_models!: string[] | null;

  @ApiProperty({ type: [String], nullable: true, description: 'Null or empty: every provider.' })
  allowed_providers!: string[] | null;

  @ApiProperty({ type: [KeyProviderConfig], description: 'Not empty: only these providers.' })
  provider_configs!: KeyProviderConfig[];

  @ApiProperty({
    enum: ['finish', 'cut'],
    description: 'What becomes of running calls when the key is deactivated, deleted or expires.',
  })
  stream_policy!: string;

  @ApiProperty({ type: [LimitReportSchema], description: 'Every limit on the path of any call of the key.' })
  limits!: LimitReportSchema[];
}
