/**
 * `bench curve`: how cost grows with the fleet: the benches of the server view, of exposure and of the start at 10,000,
 * 100,000, 1,000,000 and 2,000,000 servers, up to `--servers`. What they say is kept in bench/curve.json, where a size that
 * is measured anew takes its place among the others, and drawn in bench/curve.svg. With `--fleet DIR` the fleets are
 * `DIR/<servers>`.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { curveSvg } from './curve-svg.ts';
import { exposureBench } from './exposure.bench.ts';
import { machineFacts } from './machine.ts';
import type { BenchOptions, Figures } from './main.ts';
import { serverViewBench } from './server-view.bench.ts';
import { startBench } from './start.bench.ts';

const SIZES = [10_000, 100_000, 1_000_000, 2_000_000] as const;
const FIGURES_FILE = fileURLToPath(new URL('./curve.json', import.meta.url));
const PLOT_FILE = fileURLToPath(new URL('./curve.svg', import.meta.url));

/** A size and what was measured at it. */
export interface CurvePoint {
  readonly servers: number;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly figures: Figures;
}

export async function curveBench(options: BenchOptions): Promise<Figures> {
  const largest = options.servers ?? SIZES[SIZES.length - 1];
  const measured: Record<string, number | string> = {};
  for (const servers of SIZES) {
    if (largest !== undefined && servers > largest) continue;
    const fleet = options.fleet === undefined ? undefined : join(options.fleet, String(servers));
    const own = { ...options, servers, fleet };
    options.note(`${servers} servers`);
    const figures = {
      ...(await serverViewBench(own)),
      ...(await exposureBench(own)),
      ...(await startBench(own)),
    };
    await keepPoint({ servers, machine: machineFacts(), figures });
    for (const [name, value] of Object.entries(figures)) measured[`${name}_at_${servers}`] = value;
  }
  return measured;
}

async function keepPoint(point: CurvePoint): Promise<void> {
  const held = existsSync(FIGURES_FILE)
    ? (JSON.parse(await readFile(FIGURES_FILE, 'utf8')) as readonly CurvePoint[])
    : [];
  const points = [...held.filter(({ servers }) => servers !== point.servers), point].sort(
    (a, b) => a.servers - b.servers,
  );
  await writeFile(FIGURES_FILE, `${JSON.stringify(points, undefined, 2)}\n`);
  await writeFile(PLOT_FILE, curveSvg(points));
}
