import { ApiProperty, IntersectionType, PickType } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

import { PageQuery } from './page.query.js';

/** A list of named things. */
export class ListQuery extends PageQuery {
  @ApiProperty({ type: String, required: false, description: 'Part of the name, in any case.' })
  @IsOptional()
  @IsString()
  search?: string;
}

/** A list filtered by owner; an empty id is no filter. */
export class OwnerQuery extends PageQuery {
  @ApiProperty({ type: String, required: false, description: 'Only those of this customer.' })
  @IsOptional()
  @IsString()
  customer_id?: string;

  @ApiProperty({ type: String, required: false, description: 'Only those of this team.' })
  @IsOptional()
  @IsString()
  team_id?: string;
}

/** A list of named things filtered by customer. */
export class CustomerListQuery extends IntersectionType(ListQuery, PickType(OwnerQuery, ['customer_id'])) {}

/** A list of named things filtered by owner. */
export class OwnerListQuery extends IntersectionType(ListQuery, OwnerQuery) {}
