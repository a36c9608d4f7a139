/**
 * `npm run bench -- NAME [--servers N] [--json]`: one bench, or all of them without a name. Each sets up what it needs,
 * measures and cleans up. With --json the last line on standard output is one object: the machine, the sizes, and every
 * figure with its unit in its name.
 */
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.ts';

/** What a bench gets. */
export interface BenchOptions {
  /** Size of the fleet where the bench has one; undefined: its default. */
  readonly servers: number | undefined;
  /** Tells a person how far it is; goes to standard error. */
  readonly note: (text: string) => void;
}

/** Figures by name; a name ends in its unit or begins with `ratio_`. */
export type Figures = Readonly<Record<string, number | string>>;

export type Bench = (options: BenchOptions) => Promise<Figures>;

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  matching: async () => (await import('./matching.bench.ts')).matchingBench,
  import: async () => (await import('./import.bench.ts')).importBench,
  'server-view': async () => (await import('./server-view.bench.ts')).serverViewBench,
};

const SERVERS_MAX = 2_000_000;

async function runBenches(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { servers: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  const servers = values.servers === undefined ? undefined : Number(values.servers);
  const isCount =
    servers === undefined || (Number.isInteger(servers) && servers >= 1 && servers <= SERVERS_MAX);
  if (values.help === true || unknown !== undefined || !isCount) {
    const problem =
      unknown !== undefined
        ? `there is no bench "${unknown}"\n`
        : isCount
          ? ''
          : `--servers: 1 to ${SERVERS_MAX}\n`;
    process.stderr.write(
      `${problem}npm run bench -- [${Object.keys(BENCHES).join('|')}] [--servers N] [--json]\n`,
    );
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  for (const name of names) {
    const bench = await BENCHES[name]?.();
    if (bench === undefined) continue;
    note(`bench ${name}`);
    const figures = await bench({ servers, note });
    const result = { bench: name, machine: machineFacts(), ...figures };
    if (values.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stdout.write(`${table(figures)}\n`);
  }
}

function table(figures: Figures): string {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'number' ? rounded(value) : value}`)
    .join('\n');
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

await runBenches();
