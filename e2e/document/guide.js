// Runs what stands on the pages of docs/integrate against a server: each command, each program, each request of a tool. A block of text below
// some is what they print.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const pages = join(here, '..', '..', 'docs', 'integrate');
export const generated = join(here, 'generated', 'guide');

// What each page has. A page that is not here, or has blocks of another kind, is not run, and that is an error.
const kinds = {
  'README.md': [], 'curl.md': ['bash', 'text'], 'go-http.md': ['go', 'text'], 'go-queue.md': ['go', 'text'], 'typescript.md': ['sh', 'ts', 'text'], 'automation.md': ['json', 'js'],
};

// blocks are the fenced blocks of a page.
function blocks(page) {
  const found = [...readFileSync(join(pages, page), 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, kind, text]) => ({ kind, text }));
  for (const { kind } of found) if (!kinds[page].includes(kind)) throw new Error(`docs/integrate/${page} has a block of ${kind || 'no kind'}, which nothing runs`);
  return found;
}

const joined = (page, kind) => blocks(page).filter((one) => one.kind === kind).map((one) => one.text).join('\n');
const texts = (page) => blocks(page).filter((one) => one.kind === 'text').map((one) => one.text);

// write writes the programs of the pages to where compilers find them.
export function write() {
  const unknown = readdirSync(pages).filter((name) => name.endsWith('.md') && !(name in kinds));
  if (unknown.length) throw new Error(`nothing runs docs/integrate/${unknown.join(', ')}; add it to guide.js`);
  mkdirSync(generated, { recursive: true });
  writeFileSync(join(generated, 'page.ts'), joined('typescript.md', 'ts'));
  for (const name of ['http', 'queue']) {
    mkdirSync(join(generated, name), { recursive: true });
    writeFileSync(join(generated, name, 'main.go'), joined(`go-${name}.md`, 'go'));
  }
}

// ran runs a program to its end and answers with what it printed.
function ran(name, args, env, input = '') {
  return new Promise((resolve, reject) => {
    const one = spawn(name, args, { cwd: generated, env: { ...process.env, ...env } });
    let said = '', log = '';
    one.stdout.on('data', (data) => { said += data; });
    one.stderr.on('data', (data) => { log += data; });
    one.on('error', reject);
    one.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${name} ${args.join(' ')} ended with ${code}:\n${said}${log}`))));
    one.stdin.end(input);
  });
}

function same(what, got, want) {
  if (!isDeepStrictEqual(got, want)) throw new Error(`${what}: ${JSON.stringify(got)}, and not ${JSON.stringify(want)}`);
}

// curl runs the page's blocks in one shell, and holds what each printed to the text below it.
export async function curl(env) {
  const mark = '@@ the next block @@';
  let script = 'set -euo pipefail\n';
  const wanted = [];
  for (const { kind, text } of blocks('curl.md')) {
    if (kind === 'text') wanted[wanted.length - 1] = text;
    else {
      script += `echo; echo '${mark}'\n${text}`;
      wanted.push(undefined);
    }
  }
  const said = (await ran('bash', ['-s'], env, script)).split(`\n${mark}\n`).slice(1);
  same('blocks that ran', said.length, wanted.length);
  said.forEach((got, i) => { if (wanted[i] !== undefined) same(`block ${i + 1} of curl.md prints`, got.trimEnd(), wanted[i].trimEnd()); });
}

export async function goQueue(program, env) {
  same('go-queue.md prints', [await ran(program, [], env)], texts('go-queue.md'));
}

// goHTTP runs the three parts of the page's program; the last is told a test.
export async function goHTTP(program, env) {
  const [sent, followed] = texts('go-http.md');
  same('go-http.md, send', await ran(program, ['send'], env), sent);
  same('go-http.md, follow', await ran(program, ['follow'], env), followed);
  const port = await freePort();
  const { id, secret } = await register(env, `http://127.0.0.1:${port}/`);
  const receiver = spawn(program, ['receive'], { env: { ...process.env, ...env, RECEIVER: `127.0.0.1:${port}`, WEBHOOK_SECRET: secret } });
  try {
    let said = '';
    receiver.stdout.on('data', (data) => { said += data; });
    await until('the Go program listens', () => fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).then((answer) => answer.status === 400, () => false));
    await tell(env, id);
    await until('the Go program is told', () => said.includes('told of webhook.test\n'));
  } finally {
    receiver.kill();
  }
}

// typescript runs the page's module, behind a server that hands it requests as others do.
export async function typescript(env) {
  const page = createRequire(import.meta.url)(join(here, 'generated', 'js', 'generated', 'guide', 'page.js'));
  const print = console.log;
  let said = '';
  console.log = (...words) => { said += `${words.join(' ')}\n`; };
  const taken = () => { const all = said; said = ''; return all; };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await page.told(new Request('http://localhost/', { method: 'POST', headers: request.headers, body: Buffer.concat(chunks) }), secret);
    response.writeHead(answer.status).end();
  });
  let secret = '';
  try {
    const [sent, followed] = texts('typescript.md');
    const api = page.connect(env.LEADWHEEL_URL, env.LEADWHEEL_API_KEY);
    await page.send(api, env.GROUP_ID);
    same('typescript.md, send', taken(), sent);
    await page.follow(api, new Date(Date.now() - 86_400_000));
    same('typescript.md, follow', taken(), followed);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}/`;
    const webhook = await register(env, url);
    secret = webhook.secret;
    same('what nobody signed is answered', (await fetch(url, { method: 'POST', body: '{}' })).status, 400);
    await tell(env, webhook.id);
    await until('the module is told', () => said.includes('told of webhook.test\n'));
  } finally {
    console.log = print;
    server.close();
  }
}

// automation sends what the tools would send, with values in the places of theirs.
export async function automation(env) {
  const values = { name: 'Siti Rahman', email: 'siti@example.com', phone: '+60 12-345 6789', form: 'Landing page', group: env.GROUP_ID };
  for (const [i, { kind, text }] of blocks('automation.md').entries()) {
    if (kind !== 'json') continue;
    const body = text.replace(/\{\{(\w+)\}\}/g, (_, name) => (name === 'id' ? `tool-${i}` : values[name] ?? expectedValue(name)));
    await ask(env, 'POST', '/v1/leads', 201, body);
    await ask(env, 'POST', '/v1/leads', 200, body); // pressed again
  }
  await zapier();
  const workflow = JSON.parse(readFileSync(join(pages, 'n8n.json'), 'utf8'));
  const names = workflow.nodes.map((node) => node.name);
  for (const [from, { main }] of Object.entries(workflow.connections)) {
    for (const { node } of [{ node: from }, ...main.flat()]) if (!names.includes(node)) throw new Error(`n8n.json connects ${node}, which is not there`);
  }
  const $json = JSON.parse(workflow.nodes.find((node) => node.type === 'n8n-nodes-base.set').parameters.jsonOutput);
  for (const { name, type, parameters } of workflow.nodes) {
    if (type === 'n8n-nodes-base.httpRequest') await n8n(name, parameters, (text) => evaluated(text, $json, env));
  }
}

function expectedValue(name) { throw new Error(`automation.md has a place for ${name}, and nothing to put there`); }

// zapier runs the code of the page as Zapier does, on what is genuine and what is not.
async function zapier() {
  const code = Object.getPrototypeOf(async () => {}).constructor('inputData', 'require', `let output;${joined('automation.md', 'js')}return output;`);
  const require = createRequire(import.meta.url);
  const input = { body: '{"type":"lead.assigned"}', id: 'msg_1', timestamp: '1767229200', secret: 'whsec_bGVhZC1lbmdpbmUtdGVzdC1zZWNyZXQtMzJieXRlcyE=' };
  input.signature = `v1,${createHmac('sha256', Buffer.from(input.secret.slice(6), 'base64')).update(`${input.id}.${input.timestamp}.${input.body}`).digest('base64')}`;
  same('the code for Zapier gives', await code({ ...input }, require), { type: 'lead.assigned' });
  const refused = await code({ ...input, body: '{"type":"lead.deleted"}' }, require).then(() => false, (error) => /not signed/.test(error.message));
  same('the code for Zapier refuses what is not genuine', refused, true);
}

// evaluated is an expression of n8n: a text that begins with = has JavaScript in {{ }}.
function evaluated(text, $json, $env) {
  if (!text.startsWith('=')) return text;
  return text.slice(1).replace(/\{\{(.*?)\}\}(?!\})/gs, (_, expression) => new Function('$json', '$env', `return (${expression})`)($json, $env));
}

// n8n sends what a node of the type HTTP Request sends.
async function n8n(name, parameters, value) {
  const url = new URL(value(parameters.url));
  for (const one of parameters.queryParameters?.parameters ?? []) url.searchParams.set(one.name, value(one.value));
  const headers = Object.fromEntries(parameters.headerParameters.parameters.map((one) => [one.name, value(one.value)]));
  const body = parameters.sendBody ? value(parameters.jsonBody) : undefined;
  const answer = await fetch(url, { method: parameters.method ?? 'GET', headers: { ...headers, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body });
  if (!answer.ok) throw new Error(`n8n's ${name} is answered ${answer.status}: ${await answer.text()}`);
}

async function ask(env, method, path, status, body) {
  const answer = await fetch(env.LEADWHEEL_URL + path, {
    method, body, headers: { Authorization: `Bearer ${env.LEADWHEEL_API_KEY}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
  });
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${method} ${path} is answered ${answer.status}, and not ${status}: ${text}\n${body ?? ''}`);
  return JSON.parse(text);
}

const register = (env, url) => ask(env, 'POST', '/v1/webhooks', 201, JSON.stringify({ url, events: ['lead.assigned'] }));
const tell = (env, id) => ask(env, 'POST', `/v1/webhooks/${id}/test`, 202);

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(what, holds) {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within 30 s: ${what}`);
}
