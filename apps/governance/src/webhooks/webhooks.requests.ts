import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString } from 'class-validator';

import { OwnerQuery } from '../http/list.query.js';
import { IsPlainText } from '../limits/field-decorators.js';

const DESCRIPTION_LENGTH_MAX = 1_000;
/** Longer than any URL that is accepted, so that the refusal can say what is wrong with it. */
const URL_TEXT_LENGTH_MAX = 4_096;

/** What create and update have in common. Absent and null name nothing. */
class WebhookFields {
  @ApiProperty({ type: String, required: false, nullable: true, description: 'Hears of the budgets of this customer.' })
  @IsOptional()
  @IsString()
  customer_id?: string | null;

  @ApiProperty({ type: String, required: false, nullable: true, description: 'Instead: a team without customer.' })
  @IsOptional()
  @IsString()
  team_id?: string | null;

  @ApiProperty({ type: String, required: false, nullable: true })
  @IsOptional()
  @IsPlainText({ lengthMax: DESCRIPTION_LENGTH_MAX, isEmptyAllowed: true })
  description?: string | null;

  @ApiProperty({ type: Boolean, required: false, nullable: true, description: 'Nothing is sent while false.' })
  @IsOptional()
  @IsBoolean()
  is_active?: boolean | null;
}

/** Body of `POST /webhooks`: exactly one of `customer_id` and `team_id`. */
export class CreateWebhookRequest extends WebhookFields {
  @ApiProperty({ type: String, example: 'https://example.com/hooks/penstock' })
  @IsPlainText({ lengthMax: URL_TEXT_LENGTH_MAX })
  url!: string;
}

/** Body of `PUT /webhooks/{id}`: what is absent or null stays; another owner takes the place of the present one. */
export class UpdateWebhookRequest extends WebhookFields {
  @ApiProperty({ type: String, required: false, nullable: true })
  @IsOptional()
  @IsPlainText({ lengthMax: URL_TEXT_LENGTH_MAX })
  url?: string | null;
}

/** A list of webhooks, perhaps of one owner; an empty id is no filter. */
export class WebhookListQuery extends OwnerQuery {}
