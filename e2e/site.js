// A workspace of the server's for a test to itself, and what fills it faster than a browser would.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const announced = JSON.parse(process.env.E2E_ANNOUNCED);

// command runs leadwheel and answers with what it prints.
async function command(...args) {
  const { stdout } = await run(process.env.E2E_PROGRAM, [...args, '--json']);
  return JSON.parse(stdout);
}

// workspace makes one.
export async function workspace(name) {
  const made = await command('workspace', 'create', name, '--timezone', 'Asia/Kuala_Lumpur', '--region', 'MY');
  return new Site(name, made.api_key);
}

// A Site is a workspace with an admin's key.
export class Site {
  constructor(name, key) { this.name = name; this.key = key; }

  // link signs somebody in, once, as a person with a role.
  async link(role = 'manager') {
    const email = `${role}-${Math.random().toString(36).slice(2)}@example.com`;
    const { url } = await command('person', 'invite', email, '--role', role, '--workspace', this.name, '--name', 'Mira', '--public-url', announced.url);
    return url;
  }

  // agentLink signs in a member on their own pages.
  async agentLink(member) {
    const { url } = await this.post('/v1/people', { name: 'Siew Ling', email: `agent-${member}@example.com`, role: 'agent', member_id: member });
    return new URL(url, announced.url).href;
  }

  async call(method, path, body) {
    const answer = await fetch(announced.url + path, {
      method, headers: { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }

  post(path, body) { return this.call('POST', path, body); }
  get(path) { return this.call('GET', path); }

  async member(name, more = {}) { return (await this.post('/v1/members', { name, ...more })).id; }

  // group hands out to members in turn, by their weights where there are.
  async group(name, members, weights = []) {
    const slots = members.map((id, i) => ({ members: [{ member_id: id }], weight: weights[i] ?? 1 }));
    return (await this.post('/v1/groups', { name, method: 'round_robin', slots })).id;
  }

  // leads makes n leads, the first of which is the oldest.
  async leads(n, distribute) {
    const leads = Array.from({ length: n }, (_, i) => ({ name: `Lead ${String(i + 1).padStart(2, '0')}`, phone: `+60 12-345 ${6000 + i}` }));
    return (await this.post('/v1/leads/batch', { leads, distribute })).ids;
  }

  // until asks again until the API's answer is as wanted.
  async until(path, wanted) {
    for (let tries = 0; ; tries++) {
      const answer = await this.get(path);
      if (wanted(answer)) return answer;
      assert.ok(tries < 200, `${path} is still ${JSON.stringify(answer).slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

// demo is the workspace that a fresh machine has.
export const demo = new Site(announced.workspace, announced.api_key);
