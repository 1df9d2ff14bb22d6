import { describe, expect, it } from '@jest/globals';

import { failedDependencyOf } from './dependency-failure.js';

function failure(message: string, more: object = {}): Error {
  return Object.assign(new Error(message), more);
}

describe('failedDependencyOf', () => {
  it.each([
    ['a refused connection', failure('connect', { code: 'ECONNREFUSED' })],
    ['a refused connection to every address', new AggregateError([failure('connect', { code: 'ECONNREFUSED' })])],
    ['a name that does not resolve', failure('getaddrinfo', { code: 'ENOTFOUND' })],
    ['an administrator who stops the server', failure('terminating connection', { code: '57P01' })],
    ['a broken connection', failure('x', { code: '08006' })],
    ['a statement over its time', failure('canceling statement', { code: '57014' })],
    ['too many clients', failure('x', { code: '53300' })],
    ['a driver error inside a query error', failure('query', { driverError: failure('x', { code: '57P03' }) })],
    ['a cause', new Error('outer', { cause: failure('x', { code: 'ETIMEDOUT' }) })],
    ['a pool without a free connection', failure('timeout exceeded when trying to connect')],
    ['a data source that never connected', Object.assign(failure('x'), { name: 'EntityMetadataNotFoundError' })],
    ['a socket that closed', failure('Connection terminated unexpectedly')],
  ])('blames the database for %s', (_name, error) => {
    expect(failedDependencyOf(error)).toBe('database');
  });

  it.each([
    failure('Command timed out'),
    failure('Connection is closed.'),
    failure("Stream isn't writeable and enableOfflineQueue options is false"),
    failure('LOADING Redis is loading the dataset in memory'),
    Object.assign(failure('Reached the max retries'), { name: 'MaxRetriesPerRequestError' }),
  ])('blames Redis for %p', (error) => {
    expect(failedDependencyOf(error)).toBe('redis');
  });

  it.each([
    new TypeError('x is undefined'),
    failure('duplicate key', { code: '23505' }),
    failure('syntax error', { code: '42601' }),
    'ECONNREFUSED',
    null,
  ])('blames nobody for %p', (error) => {
    expect(failedDependencyOf(error)).toBeUndefined();
  });

  it('ends on a cause that leads back to itself', () => {
    const error = new Error('a');
    error.cause = error;

    expect(failedDependencyOf(error)).toBeUndefined();
  });
});
