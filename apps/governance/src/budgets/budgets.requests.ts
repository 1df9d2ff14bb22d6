import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';

import { PageQuery } from '../http/page.query.js';
import { IsIdList, IsName } from '../limits/field-decorators.js';
import { BudgetRequest } from '../limits/limit-requests.js';

/** What spends from a shared budget. */
class SharedBudgetFields extends BudgetRequest {
  @ApiProperty({
    type: [String],
    nullable: true,
    required: false,
    description: 'Keys that spend from it, the whole list. A key that is attached itself and by its team spends once.',
  })
  @IsOptional()
  @IsIdList()
  virtual_key_ids?: string[] | null;

  @ApiProperty({
    type: [String],
    nullable: true,
    required: false,
    description: 'Teams all of whose keys spend from it, the whole list.',
  })
  @IsOptional()
  @IsIdList()
  team_ids?: string[] | null;
}

/** Body of `POST /budgets`: a shared budget. All that spend from it belong to one customer. */
export class CreateSharedBudgetRequest extends SharedBudgetFields {
  @ApiProperty({ type: String, maxLength: 255 })
  @IsName()
  name!: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    required: false,
    description: 'The customer in which it is shared; needed while nothing is attached.',
  })
  @IsOptional()
  @IsString()
  customer_id?: string | null;
}

/** Body of `PUT /budgets/{id}`: name and lists only for a shared budget. What is absent or null stays as it is. */
export class UpdateBudgetRequest extends SharedBudgetFields {
  @ApiProperty({ type: String, nullable: true, required: false, maxLength: 255 })
  @IsOptional()
  @IsName()
  name?: string | null;
}

/** Query of `GET /budgets`. */
export class BudgetListQuery extends PageQuery {
  @ApiProperty({ enum: ['true', 'false'], required: false, description: 'Only shared budgets, or only the others.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  shared?: 'true' | 'false';

  @ApiProperty({
    type: String,
    required: false,
    description: 'Only those that this customer owns, and those that are shared within it. Empty: no filter.',
  })
  @IsOptional()
  @IsString()
  customer_id?: string;
}
