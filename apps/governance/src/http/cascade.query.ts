import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';

/** Whether deleting an entity deletes what belongs to it. */
export class CascadeQuery {
  @ApiProperty({ enum: ['true', 'false'], required: false, description: 'Delete its teams and keys with it.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  cascade?: 'true' | 'false';
}
