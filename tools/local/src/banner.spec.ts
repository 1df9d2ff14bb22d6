import { describe, expect, it } from '@jest/globals';

import { curlCommand } from './banner.js';

describe('curlCommand', () => {
  it('can be pasted into a shell: one command, quoted JSON', () => {
    const command = curlCommand({
      gatewayUrl: 'http://127.0.0.1:8080',
      virtualKey: 'sk-bf-abc',
      model: 'openai/gpt-4o-mini',
    });
    const [, body = ''] = /-d '([^']*)'$/.exec(command) ?? [];
    expect(JSON.parse(body)).toMatchObject({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user' }] });
    expect(
      command
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('\\')),
    ).toBe(true);
    expect(command).toContain("-H 'Authorization: Bearer sk-bf-abc'");
  });
});
