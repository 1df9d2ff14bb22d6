import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

import { PageQuery } from '../http/page.query.js';

/** Which alerts to list, 100 unless `limit` says otherwise; an empty id is no filter. */
export class AlertListQuery extends PageQuery {
  @ApiProperty({ type: String, required: false, description: 'Only those of budgets of this customer.' })
  @IsOptional()
  @IsString()
  customer_id?: string;

  @ApiProperty({ type: String, required: false, description: 'Only those of budgets of this team without customer.' })
  @IsOptional()
  @IsString()
  team_id?: string;

  @ApiProperty({ type: String, required: false, description: 'Only those of this budget.' })
  @IsOptional()
  @IsString()
  budget_id?: string;
}
