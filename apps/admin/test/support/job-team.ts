import type { BudgetMode } from '@penstock/domain';
import { createDataSource, raiseTenantEpoch } from '@penstock/entities';
import { checkCredits, CreditLedger } from '@penstock/management';
import { governanceClient, type Stack } from '@penstock/testing';
import type { DataSource } from 'typeorm';

import type { Json } from './admin-app.js';

/** What every team of a test may call. */
export const MODEL = 'openai/gpt-4o-mini';
const GROUP = 'models-of-the-test';

/** What a team is to have. */
export interface JobTeamOptions {
  readonly credits: number;
  readonly mode?: BudgetMode;
  /** Decimal text. */
  readonly creditsPerDollar?: string;
  readonly tokensPerCredit?: number;
}

/** A team that can run jobs. */
export interface JobTeam {
  readonly teamId: string;
  readonly organizationId: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly key: string;
  readonly keyId: string;
}

/** An answer of the admin app. */
export interface JobAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** The books of a stack and the calls of teams to its admin apps. */
export class JobWorld {
  private readonly ledger = new CreditLedger();
  private made = 0;

  private constructor(
    readonly stack: Stack,
    readonly db: DataSource,
  ) {}

  static async open(stack: Stack): Promise<JobWorld> {
    const db = createDataSource({ url: stack.databaseUrl, applicationName: 'jobs-test' });
    const world = new JobWorld(stack, await db.initialize());
    const group = await world.operate('POST', '/api/model-groups/create', {
      group_name: GROUP,
      display_name: GROUP,
      models: [{ model_name: MODEL }],
    });
    if (group.status !== 200) throw new Error(JSON.stringify(group.body));
    return world;
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  /** An organization with one team, its key and its credits. */
  async createTeam(options: JobTeamOptions): Promise<JobTeam> {
    this.made += 1;
    const teamId = `team-${this.made}`;
    const organizationId = `org-${this.made}`;
    const organization = await this.send('POST', '/api/organizations/create', {
      headers: { 'x-admin-key': this.stack.masterKey },
      body: { organization_id: organizationId, name: organizationId, create_default_team: false },
    });
    if (organization.status !== 200) throw new Error(JSON.stringify(organization.body));
    const tenantId: string = organization.body.customer_id;
    const governance = governanceClient(this.stack);
    const team = await governance.createTeam({ name: teamId, customer_id: tenantId });
    const key = await governance.createVirtualKey({ name: `${teamId}_key`, team_id: team.id });
    const accountId = await this.db.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO saas.teams (team_id, organization_id, governance_team_id, virtual_key_id, team_alias, status,
           is_default, metadata, created_at, updated_at) VALUES ($1, $2, $3, $4, $1, 'active', false, '{}', now(), now())`,
        [teamId, organizationId, team.id, key.id],
      );
      await tx.query(
        `INSERT INTO saas.team_model_groups (team_id, model_group_id, assigned_at)
         SELECT $1, model_group_id, now() FROM saas.model_groups WHERE group_name = $2`,
        [teamId, GROUP],
      );
      const account = await this.ledger.openAccount(tx, {
        tenantId,
        governanceTeamId: team.id,
        teamId,
        organizationId,
        budgetMode: options.mode ?? 'job_based',
        creditsPerDollar: options.creditsPerDollar ?? '10.00',
        tokensPerCredit: BigInt(options.tokensPerCredit ?? 10_000),
        now: new Date(),
      });
      return account.id;
    });
    if (options.credits > 0) await this.addCredits({ tenantId, accountId }, options.credits);
    else await this.db.transaction((tx) => raiseTenantEpoch(tx, tenantId));
    return { teamId, organizationId, tenantId, accountId, key: key.value, keyId: key.id };
  }

  async addCredits({ tenantId, accountId }: Pick<JobTeam, 'tenantId' | 'accountId'>, credits: number): Promise<void> {
    await this.db.transaction(async (tx) => {
      const account = await this.ledger.lockAccount(tx, accountId);
      if (account === null) throw new Error('no account');
      await this.ledger.post(tx, account, {
        type: 'allocation',
        credits: BigInt(credits),
        direction: 'in',
        idempotencyKey: `test:${Date.now()}:${Math.random()}`,
        actor: { kind: 'operator', id: 'test' },
        requestId: null,
        now: new Date(),
      });
      await raiseTenantEpoch(tx, tenantId);
    });
  }

  /** A call of the team to one of the admin processes. */
  call(team: JobTeam, method: string, path: string, body?: unknown, admin = 0): Promise<JobAnswer> {
    return this.send(method, path, { headers: { authorization: `Bearer ${team.key}` }, body, admin });
  }

  /** A call of the operator. */
  operate(method: string, path: string, body?: unknown): Promise<JobAnswer> {
    return this.send(method, path, { headers: { 'x-admin-key': this.stack.masterKey }, body });
  }

  /** The answer as it comes, body unread. */
  stream(team: JobTeam, path: string, body: unknown, signal?: AbortSignal, admin = 0): Promise<Response> {
    return fetch(this.urlOf(admin) + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${team.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async createJob(team: JobTeam, admin = 0): Promise<string> {
    const { status, body } = await this.call(
      team,
      'POST',
      '/api/jobs/create',
      { team_id: team.teamId, job_type: 'test' },
      admin,
    );
    if (status !== 200) throw new Error(`a job was answered ${status}: ${JSON.stringify(body)}`);
    return body.job_id;
  }

  async job(jobId: string): Promise<Json> {
    const [row] = await this.db.query('SELECT * FROM saas.jobs WHERE job_id = $1', [jobId]);
    return row;
  }

  async calls(jobId: string): Promise<Json[]> {
    return this.db.query('SELECT * FROM saas.job_calls WHERE job_id = $1 ORDER BY started_at, call_id', [jobId]);
  }

  /** Allocated, used, and what holds stand open, of a team's account. */
  async account(team: JobTeam): Promise<{ allocated: number; used: number; openHolds: number }> {
    const [row]: { allocated: string; used: string; open: string }[] = await this.db.query(
      `SELECT allocated_credits AS allocated, used_credits AS used,
         (SELECT count(*) FROM ledger.credit_holds h WHERE h.account_id = a.id AND h.state <> 'closed') AS open
       FROM ledger.credit_accounts a WHERE id = $1`,
      [team.accountId],
    );
    return { allocated: Number(row?.allocated), used: Number(row?.used), openHolds: Number(row?.open) };
  }

  /** What the books of credits do not agree about. */
  async differences(): Promise<unknown[]> {
    const { differences } = await this.db.transaction('REPEATABLE READ', (tx) => checkCredits(tx));
    return differences.map(({ expected, actual, ...rest }) => ({
      ...rest,
      expected: `${expected}`,
      actual: `${actual}`,
    }));
  }

  private urlOf(admin: number): string {
    const { admins } = this.stack;
    const one = admins[admin % admins.length];
    if (one === undefined) throw new Error('the stack has no admin app');
    return one.url;
  }

  private async send(
    method: string,
    path: string,
    { headers, body, admin = 0 }: { headers: Record<string, string>; body?: unknown; admin?: number },
  ): Promise<JobAnswer> {
    const response = await fetch(this.urlOf(admin) + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}
