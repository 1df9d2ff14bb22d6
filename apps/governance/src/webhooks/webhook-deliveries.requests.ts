import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';

import { PageQuery } from '../http/page.query.js';

const STATUSES = ['pending', 'delivered', 'dead'] as const;

/** Which deliveries to list, 100 unless `limit` says otherwise. */
export class WebhookDeliveryListQuery extends PageQuery {
  @ApiProperty({ enum: STATUSES, required: false, description: '`dead` is the dead-letter list.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiProperty({ type: String, required: false, description: 'Only those of this webhook.' })
  @IsOptional()
  @IsString()
  webhook_id?: string;
}
