// Lints docs/openapi.json, has clients made of it, compiles them, and runs a program with each against a server of its own, as well as what
// stands in docs/integrate.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createConfig, lint } from '@redocly/openapi-core';
import { up } from '../server.js';
import * as guide from './guide.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const document = join(here, '..', '..', 'docs', 'openapi.json');

// command runs a program here, and fails with what it said.
async function command(name, args, env = {}) {
  try {
    return await promisify(execFile)(name, args, { cwd: here, env: { ...process.env, ...env }, maxBuffer: 64 << 20 });
  } catch (error) {
    throw new Error(`${name} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? ''}${error.code === undefined ? error : ''}`);
  }
}

const tool = (name, ...args) => command(join(here, 'node_modules', '.bin', name), args);

// step says what was done, and in how many seconds.
async function step(what, work) {
  const begun = Date.now();
  await work();
  console.log(`✔ ${what} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}

async function redocly() {
  const found = await lint({ ref: document, config: await createConfig({ extends: ['recommended'] }) });
  if (found.length) throw new Error(`Redocly:\n${found.map((one) => `${one.severity} ${one.ruleId}: ${one.message} ${one.location[0]?.pointer}`).join('\n')}`);
}

async function typescript() {
  await step('Redocly, recommended', redocly);
  await step('Spectral, spectral:oas', () => tool('spectral', 'lint', document, '--ruleset', 'spectral.yaml', '--fail-severity', 'hint'));
  await step('openapi-typescript', () => tool('openapi-typescript', document, '-o', 'generated/paths.d.ts'));
  await step('@hey-api/openapi-ts', () => tool('openapi-ts', '-i', document, '-o', 'generated/heyapi', '-c', '@hey-api/client-fetch'));
  copyFileSync(join(here, 'generated', 'paths.d.ts'), join(guide.generated, 'leadwheel.d.ts'));
  await step('tsc --strict', () => tool('tsc', '-p', '.'));
  writeFileSync(join(here, 'generated', 'js', 'package.json'), '{"type":"commonjs"}');
}

async function go() {
  const flags = { GOFLAGS: '-trimpath', GOWORK: 'off' };
  await step('oapi-codegen', () => command('go', ['tool', 'oapi-codegen', '-config', 'oapi-codegen.yaml', document], flags));
  await step('ogen', () => command('go', ['tool', 'ogen', '--config', 'ogen.yaml', '--target', 'generated/ogen', '--package', 'ogen', '--clean', document], flags));
  // Without optimizations the compiler is done in half the time.
  await step('go build', () => command('go', ['build', '-gcflags=-N -l', '-o', 'generated/bin/', './programs/...'], flags));
  // The guide's programs are built as part of Leadwheel's module, which has all that they import.
  for (const name of ['http', 'queue']) {
    await step(`go build, of the guide: ${name}`, () => command('go', ['build', '-C', join(here, '..', '..'), '-gcflags=-N -l',
      '-o', join(here, 'generated', 'bin', `guide-${name}`), join(guide.generated, name, 'main.go')], flags));
  }
}

// all waits for each, and fails then with the first that did: what others do meanwhile is not cut off.
async function all(...works) {
  const failed = (await Promise.allSettled(works)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

const folder = mkdtempSync(join(tmpdir(), 'leadwheel-document-'));
let server;
try {
  mkdirSync(join(here, 'generated', 'oapicodegen'), { recursive: true });
  guide.write();
  const serving = up(folder, { LEADWHEEL_WEBHOOK_ALLOW: '127.0.0.0/8' });
  serving.then((is) => { server = is.server; }, () => {});
  await all(serving, typescript(), go());
  const { announced } = await serving;
  const env = { LEADWHEEL_URL: announced.url, LEADWHEEL_API_KEY: announced.api_key };
  for (const name of ['fetch', 'heyapi']) await step(`a program with ${name}`, () => command(process.execPath, [`generated/js/programs/${name}.js`], env));
  for (const name of ['oapicodegen', 'ogen']) await step(`a program with ${name}`, () => command(`generated/bin/${name}`, [], env));
  Object.assign(env, { GROUP_ID: announced.group_id, WORKSPACE_ID: announced.workspace_id });
  for (const setting of announced.settings) env[setting.split('=')[0]] = setting.slice(setting.indexOf('=') + 2, -1); // without the shell's quotes
  await step('the guide: curl', () => guide.curl(env));
  await step('the guide: Go by HTTP', () => guide.goHTTP(join(here, 'generated/bin/guide-http'), env));
  await step('the guide: Go by the queue', () => guide.goQueue(join(here, 'generated/bin/guide-queue'), env));
  await step('the guide: TypeScript', () => guide.typescript(env));
  await step('the guide: n8n, Zapier and Make', () => guide.automation(env));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (server) {
    const ended = new Promise((resolve) => server.on('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
