import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts of operators, their logins, and what bounds guessing at them. */
export class CreateAdminUsers1795392310000 implements MigrationInterface {
  name = 'CreateAdminUsers1795392310000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE saas.admin_users (
        user_id uuid NOT NULL,
        email text NOT NULL,
        display_name text NOT NULL,
        password_hash text NOT NULL,
        role text NOT NULL,
        is_active boolean NOT NULL,
        created_at timestamptz(3) NOT NULL,
        created_by uuid,
        last_login_at timestamptz(3),
        metadata jsonb NOT NULL,
        CONSTRAINT pk_admin_users PRIMARY KEY (user_id),
        CONSTRAINT uq_admin_users_email UNIQUE (email),
        CONSTRAINT fk_admin_users_created_by FOREIGN KEY (created_by) REFERENCES saas.admin_users (user_id),
        CONSTRAINT ck_admin_users_role CHECK (role IN ('owner', 'admin', 'user'))
      )
    `);
    await queryRunner.query('CREATE INDEX ix_admin_users_created_at ON saas.admin_users (created_at, user_id)');
    await queryRunner.query(`
      CREATE TABLE saas.admin_sessions (
        session_id uuid NOT NULL,
        user_id uuid NOT NULL,
        token_hash text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        revoked_at timestamptz(3),
        ip text NOT NULL,
        user_agent text NOT NULL,
        CONSTRAINT pk_admin_sessions PRIMARY KEY (session_id),
        CONSTRAINT uq_admin_sessions_token_hash UNIQUE (token_hash),
        CONSTRAINT fk_admin_sessions_user_id FOREIGN KEY (user_id) REFERENCES saas.admin_users (user_id)
      )
    `);
    await queryRunner.query('CREATE INDEX ix_admin_sessions_user_id ON saas.admin_sessions (user_id)');
    await queryRunner.query('CREATE INDEX ix_admin_sessions_expires_at ON saas.admin_sessions (expires_at)');
    await queryRunner.query(`
      CREATE TABLE saas.login_throttles (
        key text NOT NULL,
        attempts integer NOT NULL,
        window_ends_at timestamptz(3) NOT NULL,
        CONSTRAINT pk_login_throttles PRIMARY KEY (key),
        CONSTRAINT ck_login_throttles_attempts CHECK (attempts >= 0)
      )
    `);
    await queryRunner.query('CREATE INDEX ix_login_throttles_window_ends_at ON saas.login_throttles (window_ends_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE saas.login_throttles');
    await queryRunner.query('DROP TABLE saas.admin_sessions');
    await queryRunner.query('DROP TABLE saas.admin_users');
  }
}
