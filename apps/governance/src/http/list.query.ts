import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

import { PageQuery } from './page.query.js';

/** A list of named things. */
export class ListQuery extends PageQuery {
  @ApiProperty({ type: String, required: false, description: 'Part of the name, in any case.' })
  @IsOptional()
  @IsString()
  search?: string;
}

/** A list filtered by customer; an empty id is no filter. */
export class CustomerListQuery extends ListQuery {
  @ApiProperty({ type: String, required: false, description: 'Only those of this customer.' })
  @IsOptional()
  @IsString()
  customer_id?: string;
}

/** A list filtered by owner; an empty id is no filter. */
export class OwnerListQuery extends CustomerListQuery {
  @ApiProperty({ type: String, required: false, description: 'Only those of this team.' })
  @IsOptional()
  @IsString()
  team_id?: string;
}
