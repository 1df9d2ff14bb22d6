import type { ApiOperation } from '@penstock/testing';

import { type AdminApp, type Answer, type Json, MASTER_KEY } from './admin-app.js';
import { ALIAS, GROUP, ORGANIZATION, ROOT, TEAM } from './fuzz-hints.js';
import { type Credential, loginDirectly } from './operators.js';

/** The team shows its key where only teams may call, and now and then elsewhere. */
const TEAM_EVERY = 19;
/** What requests took away of who sends them is given back this often, everything else more seldom. */
const SENDERS_EVERY = 10;
const KEPT_EVERY = 50;
const CREDITS = 1_000_000;

const KEPT: readonly (readonly [path: string, body: Json])[] = [
  ['/api/model-access-groups/create', { group_name: GROUP, display_name: 'Chat' }],
  [
    '/api/models/create',
    {
      model_alias: ALIAS,
      display_name: 'Fast',
      provider: 'openai',
      actual_model: 'gpt-4o-mini',
      access_groups: [GROUP],
    },
  ],
  ['/api/model-groups/create', { group_name: GROUP, models: [{ model_name: 'openai/gpt-4o-mini' }] }],
  [
    '/api/provider-credentials/create',
    { organization_id: ORGANIZATION, provider: 'openai', api_key: 'sk-proj-0123456789', credential_name: 'Its' },
  ],
];

/**
 * Who sends generated requests, and what these need: an operator who is logged in, an organization with a team that has
 * credits and a running job, models, a credential and a price. All of it is made through the API.
 */
export class FuzzWorld {
  private operator: Credential = {};
  private team: Credential = {};

  private constructor(
    private readonly admin: AdminApp,
    readonly rootId: string,
  ) {}

  static async open(admin: AdminApp): Promise<FuzzWorld> {
    const { body } = await admin.call('POST', '/api/admin-users/setup', ROOT);
    const world = new FuzzWorld(admin, body.user.user_id);
    await world.keep(0);
    return world;
  }

  /** Before each request; what it returns names ids that requests may use. */
  async keep(index: number): Promise<Json> {
    if (index % SENDERS_EVERY !== 0) return undefined;
    await this.keepRoot();
    await this.keepOrganization();
    if (index % KEPT_EVERY !== 0) {
      await this.keepTeam();
      return this.createJob();
    }
    await this.keepOthers();
    await this.keepTeam();
    return [await this.chargeJob(), await this.createJob(), await this.addPrice(), await this.listSessions()];
  }

  /** The team where only teams may call, and else one request of some; the next of two is root's. */
  credentialOf(index: number, { credentials }: ApiOperation): Credential {
    const isOnlyOf = (kind: string): boolean =>
      credentials.length > 0 && credentials.every((scheme) => scheme === kind);
    if (isOnlyOf('teamKey') || index % TEAM_EVERY === 0) return this.team;
    return isOnlyOf('operatorToken') || index % 2 === 0 ? this.operator : { 'x-admin-key': MASTER_KEY };
  }

  /** Requests take its role, switch it off, and end its logins; a login through the API would hash a password each. */
  private async keepRoot(): Promise<void> {
    const { admin, rootId } = this;
    await admin.db.query(`UPDATE saas.admin_users SET is_active = true, role = 'owner' WHERE user_id = $1`, [rootId]);
    this.operator = await loginDirectly(admin, { user_id: rootId, email: ROOT.email, role: 'owner' });
  }

  private async listSessions(): Promise<Json> {
    return (await this.must('GET', '/api/admin-users/me/sessions', undefined, this.operator)).body;
  }

  private async keepOrganization(): Promise<void> {
    const path = `/api/organizations/${ORGANIZATION}`;
    const { status, body } = await this.admin.call('GET', path);
    if (status === 404) {
      await this.must('POST', '/api/organizations/create', { organization_id: ORGANIZATION, name: 'Acme' });
    } else if (body.status !== 'active') await this.must('PUT', `${path}/resume`);
  }

  private async keepOthers(): Promise<void> {
    for (const [path, body] of KEPT) {
      // Refused where there is one, and of no interest then.
      // oxlint-disable-next-line no-await-in-loop
      await this.admin.call('POST', path, body);
    }
  }

  private async keepTeam(): Promise<void> {
    const path = `/api/teams/${TEAM}`;
    let { status, body } = await this.admin.call('GET', path);
    if (status === 404) {
      await this.keepOthers();
      const created = {
        team_id: TEAM,
        organization_id: ORGANIZATION,
        model_groups: [GROUP],
        credits_allocated: CREDITS,
      };
      ({ body } = await this.must('POST', '/api/teams/create', created));
    }
    this.team = { authorization: `Bearer ${body.virtual_key}` };
    if (body.status !== 'active') await this.must('PUT', `${path}/resume`);
    if (body.credits_remaining < CREDITS / 2) {
      await this.must('POST', `/api/credits/teams/${TEAM}/add`, { credits: CREDITS });
    }
  }

  private async createJob(): Promise<Json> {
    const job = { team_id: TEAM, job_type: 'test' };
    return (await this.must('POST', '/api/jobs/create', job, this.team)).body;
  }

  /** Something to refund. */
  private async chargeJob(): Promise<Json> {
    const { job_id: jobId } = await this.createJob();
    return (await this.must('POST', `/api/jobs/${jobId}/complete`, { status: 'completed' }, this.team)).body;
  }

  private async addPrice(): Promise<Json> {
    const markup = { kind: 'markup', percent: 20 };
    return (await this.must('POST', `/api/organizations/${ORGANIZATION}/price-book`, markup)).body;
  }

  private async must(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: Json,
    credential?: Credential,
  ): Promise<Answer> {
    const answer = await this.admin.call(method, path, body, credential);
    if (answer.status === 200) return answer;
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}
