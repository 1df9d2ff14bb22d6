import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';

import { OwnerListQuery } from '../http/list.query.js';

/** How the list of keys is filtered, ordered and cut. An empty filter is none. */
export class VirtualKeyListQuery extends OwnerListQuery {
  @ApiProperty({
    type: String,
    required: false,
    description:
      'Part of the name in any case, the first characters of the value with or without sk-bf- (of which four are ' +
      'known), its last four, or the whole value.',
  })
  declare search?: string;

  @ApiProperty({ type: String, required: false, description: 'Only those with this tag.' })
  @IsOptional()
  @IsString()
  tag?: string;

  @ApiProperty({ enum: ['true', 'false', ''], required: false })
  @IsOptional()
  @IsIn(['true', 'false', ''])
  is_active?: 'true' | 'false' | '';

  @ApiProperty({ enum: ['name', 'created_at'], required: false, default: 'created_at' })
  @IsOptional()
  @IsIn(['name', 'created_at'])
  sort_by?: 'name' | 'created_at';

  @ApiProperty({ enum: ['asc', 'desc'], required: false, default: 'asc' })
  @IsOptional()
  @IsIn(['asc', 'desc'])
  order?: 'asc' | 'desc';
}
