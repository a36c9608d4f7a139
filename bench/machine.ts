import { cpus, totalmem } from 'node:os';

/** The machine a figure was measured on: absolute figures mean nothing without it. */
export function machineFacts(): Readonly<Record<string, string | number>> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}
