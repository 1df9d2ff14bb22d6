import { Body, Controller, Get, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext, TeamOnly } from '@penstock/platform';
import type { FastifyReply } from 'fastify';

import { Answers } from '../http/answers.decorator.js';
import { JobCallsService } from './calls/job-calls.service.js';
import { JobIdPipe } from './job-id.pipe.js';
import {
  CancelJobRequest,
  CompleteJobRequest,
  CreateAndCallRequest,
  CreateJobRequest,
  JobMetadataRequest,
  LlmCallRequest,
} from './jobs.requests.js';
import {
  CreateAndCallResponse,
  CreatedJobResponse,
  EndedJobResponse,
  JobCostsResponse,
  JobMetadataResponse,
  JobResponse,
  LlmCallResponse,
} from './jobs.responses.js';
import { JobsService } from './jobs.service.js';
import { StreamOfChunks } from './calls/stream-answers.decorator.js';

/** What a call can meet: no credits or money, limits, a provider that fails. */
const CALL_ERRORS = [400, 402, 404, 409, 422, 429, 502, 504];

/** Jobs, for the team that shows its virtual key. */
@ApiTags('jobs')
@TeamOnly()
@Controller('api/jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly calls: JobCallsService,
  ) {}

  @Post('create')
  @ApiOperation({ summary: 'Create a job; it holds one credit until it ends' })
  @Answers(CreatedJobResponse, [402, 404, 422], 'team')
  create(@Ctx() ctx: RequestContext, @Body() request: CreateJobRequest): Promise<CreatedJobResponse> {
    return this.jobs.create(ctx, request);
  }

  @Post('create-and-call')
  @ApiOperation({ summary: 'Create a job, make its one call and complete it' })
  @Answers(CreateAndCallResponse, CALL_ERRORS, 'team')
  createAndCall(@Ctx() ctx: RequestContext, @Body() request: CreateAndCallRequest): Promise<CreateAndCallResponse> {
    return this.calls.createAndCall(ctx, request);
  }

  @Post('create-and-call-stream')
  @ApiOperation({ summary: 'The same as a stream' })
  @StreamOfChunks(CALL_ERRORS)
  createAndCallStream(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateAndCallRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.calls.createAndCallStream(ctx, request, reply);
  }

  @Post(':id/llm-call')
  @ApiOperation({ summary: 'Make a call for a job' })
  @Answers(LlmCallResponse, CALL_ERRORS, 'team')
  call(
    @Ctx() ctx: RequestContext,
    @Param('id', JobIdPipe) id: string,
    @Body() request: LlmCallRequest,
  ): Promise<LlmCallResponse> {
    return this.calls.call(ctx, id, request);
  }

  @Post(':id/llm-call-stream')
  @ApiOperation({ summary: 'Make a call for a job, as a stream' })
  @StreamOfChunks(CALL_ERRORS)
  callStream(
    @Ctx() ctx: RequestContext,
    @Param('id', JobIdPipe) id: string,
    @Body() request: LlmCallRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.calls.callStream(ctx, id, request, reply);
  }

  @Post(':id/complete')
  @ApiOperation({ summary: 'End a job; a completed one is charged, once' })
  @Answers(EndedJobResponse, [404, 409, 422], 'team')
  complete(
    @Ctx() ctx: RequestContext,
    @Param('id', JobIdPipe) id: string,
    @Body() request: CompleteJobRequest,
  ): Promise<EndedJobResponse> {
    return this.jobs.complete(ctx, id, request);
  }

  @Post(':id/cancel')
  @ApiOperation({ summary: 'End a job without charging it' })
  @Answers(EndedJobResponse, [404, 409, 422], 'team')
  cancel(
    @Ctx() ctx: RequestContext,
    @Param('id', JobIdPipe) id: string,
    @Body() { reason }: CancelJobRequest,
  ): Promise<EndedJobResponse> {
    return this.jobs.cancel(ctx, id, reason ?? null);
  }

  @Get(':id')
  @Answers(JobResponse, [404], 'team')
  get(@Ctx() ctx: RequestContext, @Param('id', JobIdPipe) id: string): Promise<JobResponse> {
    return this.jobs.get(ctx, id);
  }

  @Patch(':id/metadata')
  @Answers(JobMetadataResponse, [404, 422], 'team')
  mergeMetadata(
    @Ctx() ctx: RequestContext,
    @Param('id', JobIdPipe) id: string,
    @Body() { metadata }: JobMetadataRequest,
  ): Promise<JobMetadataResponse> {
    return this.jobs.mergeMetadata(ctx, id, metadata);
  }

  @Get(':id/costs')
  @Answers(JobCostsResponse, [404], 'team')
  costs(@Ctx() ctx: RequestContext, @Param('id', JobIdPipe) id: string): Promise<JobCostsResponse> {
    return this.jobs.costs(ctx, id);
  }
}
