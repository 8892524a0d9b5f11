// A server of its own, with a folder of its own, for those who drive it from outside.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../bin/leadwheel', import.meta.url));

// up starts the server, with settings of its own, and answers with what it announces.
export function up(folder, settings = {}) {
  // Whatever the environment says of other servers, this one has its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(LEADWHEEL_|DATABASE_URL|REDIS_URL)/.test(name)));
  const server = spawn(program, ['up', '--json', '--data-dir', join(folder, 'data'), '--listen', '127.0.0.1:0', '--ops-listen', '127.0.0.1:0'],
    { env: { ...env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '', log = '';
  server.stderr.on('data', (data) => { log = (log + data).slice(-100_000); });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.on('exit', (code) => reject(new Error(`leadwheel up ended with ${code}:\n${log}`)));
    server.stdout.on('data', (data) => {
      told += data;
      try { resolve({ server, announced: JSON.parse(told), log: () => log }); } catch { /* more is to come */ }
    });
  });
}
