/** Scripts of the benches in processes of their own: a task as JSON on standard input, figures as JSON on standard output. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type LoadScript = 'http-load' | 'report-load' | 'visibility-load';

/** Runs `bench/<script>.ts` to its end. Throws where it fails. */
export async function runLoad<Result>(script: LoadScript, task: object): Promise<Result> {
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(task));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`bench/${script}.ts ended with exit code ${code}`);
  return JSON.parse(out) as Result;
}

/** The value below which `share` of the ascending `sorted` lie; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
