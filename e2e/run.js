// Starts a server of its own with a folder of its own, runs the tests against it, and stops it. `node run.js tests/names.test.js` runs some.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program, up } from './server.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'leadwheel-e2e-'));

// tests runs the tests, and answers with node's exit code.
function tests(announced) {
  const named = process.argv.slice(2);
  const files = named.length ? named : readdirSync(join(here, 'tests')).filter((name) => name.endsWith('.test.js')).map((name) => join(here, 'tests', name));
  const settings = Object.fromEntries(announced.settings.map((line) => line.split(/=(.*)/s)).map(([name, value]) => [name, value.replaceAll("'", '')]));
  const env = { ...process.env, ...settings, E2E_ANNOUNCED: JSON.stringify(announced), E2E_FOLDER: folder, E2E_PROGRAM: program };
  const run = spawn(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], { env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => run.kill(signal));
  return new Promise((resolve) => run.on('exit', (code) => resolve(code ?? 1)));
}

const { server, announced, log } = await up(folder);
const ended = new Promise((resolve) => server.on('exit', resolve));
let code = 1;
try {
  code = await tests(announced);
} finally {
  server.kill('SIGTERM');
  await ended;
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else {
    writeFileSync(join(folder, 'server.log'), log());
    console.error(`A picture and the page of each step that failed, and the server's log, are in ${folder}`);
  }
}
process.exit(code);
