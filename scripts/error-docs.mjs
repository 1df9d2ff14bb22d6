// Writes docs/errors.md from the error catalogue of libs/domain; `--check` only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { ROOT } from './lib/paths.mjs';

const FILE = path.join('docs', 'errors.md');
const isCheck = process.argv.includes('--check');
process.chdir(ROOT);

const { catalogue, errorCodes } = await import(
  pathToFileURL(path.join(ROOT, 'libs', 'domain', 'dist', 'index.js')).href
);

const text = render(errorCodes.map((code) => catalogue[code]));
if (!isCheck) {
  writeFileSync(FILE, text);
  process.stdout.write(`written: ${FILE}\n`);
} else if (existsSync(FILE) && readFileSync(FILE, 'utf8') === text) {
  process.stdout.write(`current: ${FILE}\n`);
} else {
  process.stderr.write(`${FILE} is not what the catalogue says: run "npm run error-docs" and commit the result\n`);
  process.exitCode = 1;
}

function render(entries) {
  const head = [
    '# Errors',
    '',
    '<!-- Generated from libs/domain/src/errors by scripts/error-docs.mjs: change the catalogue, not this page. -->',
    '',
    'Every error of every Penstock service has one of these codes, in the field `code`, and the id of the request, in',
    '`request_id` and the header `x-request-id`. The shape around them follows the surface:',
    '',
    '- `/v1/*` with `x-bf-vk`: `{"error": "<sentence>", "type": "<type>", "status_code": 429, "code": …, "remedy": …}`',
    '- `/v1/*` with any other credential: `{"error": {"message": "<sentence>", "type": "<OpenAI type>", "param": …, "code": …, "remedy": …}}`',
    '- `/api/governance/*`: `{"error": "<sentence>", "code": …, "remedy": …}`',
    '- `/api/*`: `{"detail": "<sentence>" or [{"loc": […], "msg": …, "type": …}], "code": …, "remedy": …}`',
    '',
    'An error of a provider passes through as it is; its 401 and 403 do not, because they are about the key of the gateway.',
    'What was reserved for a refused call is nothing, unless the text below says otherwise.',
    '',
    ...entries.map(({ code, title }) => `- [\`${code}\`](#${code}): ${title}`),
    '',
  ];
  return `${[...head, ...entries.flatMap(section)].join('\n').trimEnd()}\n`;
}

function section({
  code,
  status,
  statusBearer,
  openAiType,
  bifrostType,
  title,
  remedy,
  explanation,
  isRetryable,
  logLevel,
}) {
  const statuses =
    statusBearer === undefined
      ? `${status}`
      : `${status} with \`x-bf-vk\`, ${statusBearer} with every other credential`;
  const types =
    bifrostType === undefined ? `\`${openAiType}\`` : `\`${bifrostType}\` with \`x-bf-vk\`, else \`${openAiType}\``;
  return [
    `## ${code}`,
    '',
    `**${title}** ${explanation}`,
    '',
    `- Status: ${statuses}. Type: ${types}.`,
    `- What helps: ${remedy}`,
    `- ${isRetryable ? 'The same request may succeed later.' : 'The same request will fail again.'} Logged as ${logLevel}.`,
    '',
  ];
}
