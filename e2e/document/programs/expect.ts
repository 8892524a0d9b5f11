// What both programs need: where the server is, and to say what is not as it should be.
declare const process: { env: Record<string, string | undefined>; exitCode: number };

export const url = process.env['LEADWHEEL_URL'] ?? '';
export const key = process.env['LEADWHEEL_API_KEY'] ?? '';

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

// got is what was answered, or an error that says what was answered instead.
export function got<T>(answer: { data?: T; error?: unknown }, what: string): NonNullable<T> {
  if (answer.data === undefined || answer.data === null) throw new Error(`${what}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

// until asks again until there is an answer.
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen`);
}

export function run(program: () => Promise<void>): void {
  program().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
