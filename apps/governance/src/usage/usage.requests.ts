import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

/** Query of `GET /usage-stats`. */
export class UsageStatsQuery {
  @ApiProperty({ type: String, required: false, description: 'Only this key; empty: all keys.' })
  @IsOptional()
  @IsString()
  virtual_key_id?: string;
}

/** Body of `POST /usage-reset`. */
export class UsageResetRequest {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsString()
  virtual_key_id!: string;

  @ApiProperty({ type: String, nullable: true, required: false, description: 'Accepted; limits are per key.' })
  @IsOptional()
  @IsString()
  provider?: string | null;

  @ApiProperty({ type: String, nullable: true, required: false, description: 'Accepted; limits are per key.' })
  @IsOptional()
  @IsString()
  model?: string | null;
}
