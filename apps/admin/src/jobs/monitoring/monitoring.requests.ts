import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

import { wholeNumber } from '../jobs.requests.js';

/** Days that a report is about. */
export class DatesQuery {
  /** A day or an instant, UTC unless it says otherwise: `2026-01-31`, `2026-01-31T12:00:00Z`. */
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  start_date?: string;

  /** A day is meant to its end. */
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  end_date?: string;
}

/** Query of `GET /api/jobs/teams/{team_id}`. */
export class MonitoredJobsQuery extends DatesQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 1 })
  @IsOptional()
  @Transform(wholeNumber)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @IsOptional()
  @Transform(wholeNumber)
  @IsInt()
  @Min(1)
  @Max(100)
  page_size?: number;

  /** In any case. */
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  status?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  job_type?: string;

  /** Part of the id. */
  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(36)
  job_id_filter?: string;
}
