import { ApiProperty } from '@nestjs/swagger';

/** Answer that is only a sentence. */
export class MessageResponse {
  @ApiProperty({ type: String })
  message!: string;
}
