/**
 * `bench start`: `parapet serve` on the data folder of an existing fleet, its private PostgreSQL not running: from the start
 * of the process until /readyz says that requests can be answered. The files of the database may lie in the system's cache.
 */
import { benchFleetFolder, fleetSizes } from './bench-fleet.ts';
import { fleetEnvironment } from './fleet/fleet-folder.ts';
import type { BenchOptions, Figures } from './main.ts';
import { startNode } from './node-process.ts';

const SERVERS_DEFAULT = 100_000;
const STARTS = 3;

export async function startBench(options: BenchOptions): Promise<Figures> {
  const folder = await benchFleetFolder(options, { servers: SERVERS_DEFAULT, writes: false });
  try {
    const seconds: number[] = [];
    let memory = { rssMb: 0, peakRssMb: 0 };
    for (let start = 0; start < STARTS; start += 1) {
      const node = await startNode(fleetEnvironment(folder.folder));
      try {
        seconds.push(node.secondsToReady);
        memory = await node.memory();
        options.note(`ready after ${node.secondsToReady.toFixed(1)} s, ${Math.round(memory.rssMb)} MiB`);
      } finally {
        await node.stop();
      }
    }
    return {
      ...fleetSizes(folder),
      seconds_to_ready: [...seconds].sort((a, b) => a - b)[Math.floor(STARTS / 2)] ?? 0,
      seconds_to_ready_longest: Math.max(...seconds),
      rss_mb: memory.rssMb,
      peak_rss_mb: memory.peakRssMb,
    };
  } finally {
    await folder.remove();
  }
}
