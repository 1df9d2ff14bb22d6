import { Module } from '@nestjs/common';

import { DebugController } from './debug.controller.js';
import { DebugService } from './debug.service.js';

@Module({ controllers: [DebugController], providers: [DebugService] })
export class DebugModule {}
