import type { CatalogueEntry } from './catalogue-entry.js';

/** Accounts of operators: who may do what, logins, and the rules that keep an installation governable. */
export const operatorErrors = {
  role_insufficient: {
    status: 403,
    openAiType: 'permission_error',
    title: 'The role of the operator does not permit this.',
    remedy: 'Ask an owner or an admin.',
    explanation:
      'The credential is valid, but its role is not enough: role user only reads, and role admin manages accounts of role user but no admin or owner. The attempt is audited.',
    isRetryable: false,
    logLevel: 'info',
  },
  team_mismatch: {
    status: 403,
    openAiType: 'permission_error',
    title: 'The virtual key belongs to another team.',
    remedy: 'Use the key of the team that the request names, or leave the team out.',
    explanation: 'A team may ask about nothing but itself. The attempt is audited.',
    isRetryable: false,
    logLevel: 'info',
  },
  login_refused: {
    status: 401,
    openAiType: 'authentication_error',
    title: 'The e-mail address or the password is wrong.',
    remedy: 'Check both; the part before the @ is case-sensitive. An owner can see whether the account is active.',
    explanation:
      'No active account has this e-mail address and password. The answer is the same, and takes as long, whichever of them is wrong. The attempt is audited.',
    isRetryable: false,
    logLevel: 'info',
  },
  login_throttled: {
    status: 429,
    openAiType: 'rate_limit_error',
    title: 'There were too many failed attempts.',
    remedy: 'Wait for the time in Retry-After, then try again.',
    explanation:
      'Failed attempts are counted per account and address, and per address. Nothing is checked until the time has passed, not even a right password. The account itself is not locked: it can log in from elsewhere.',
    isRetryable: true,
    logLevel: 'info',
  },
  setup_done: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The first owner exists already.',
    remedy:
      'Log in, or ask an owner for an account. If nobody can log in any more, whoever runs the installation resets a password (docs/operators.md).',
    explanation: 'Setup is open only while there is no account at all. Exactly one of several at once succeeds.',
    isRetryable: false,
    logLevel: 'info',
  },
  password_wrong: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The current password is wrong.',
    remedy: 'Send the password you log in with as current_password.',
    explanation:
      'A password is changed by who knows it, not by who has a token. 400 rather than 401: the login itself is good.',
    isRetryable: false,
    logLevel: 'info',
  },
  own_account: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'This cannot be done to the own account.',
    remedy: 'Ask another owner.',
    explanation: 'Nobody changes the own role or deletes the own account, so nobody locks himself out by mistake.',
    isRetryable: false,
    logLevel: 'info',
  },
  last_owner: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'This is the last active owner.',
    remedy: 'Make another account an owner first.',
    explanation:
      'Without an active owner nobody could manage the accounts. Changes are decided one after another, so two owners cannot remove each other at once.',
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
