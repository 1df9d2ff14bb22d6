import { ApiProperty } from '@nestjs/swagger';

/** A customer as it is shown inside another entity: without its own relations. */
export class CustomerSummary {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  budget_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  rate_limit_id?: string;

  @ApiProperty({ type: 'null', description: 'Not loaded.' })
  teams!: null;

  @ApiProperty({ type: 'null', description: 'Not loaded; list the keys with ?customer_id=.' })
  virtual_keys!: null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
