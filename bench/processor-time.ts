/** Processor time of processes, as Linux counts it: what other work on the machine takes does not count. */
import { readFile } from 'node:fs/promises';

/** Ticks a second of /proc (USER_HZ), the same on all Linux machines that Node.js runs on. */
const TICKS_A_SECOND = 100;
const STATE_FIELD = 3;
const PARENT_FIELD = 4;
const USER_FIELD = 14;

async function fieldsOf(pid: number): Promise<(field: number) => number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name, in parentheses, and may hold spaces.
  const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (field) => Number(rest[field - STATE_FIELD]);
}

export async function parentOf(pid: number): Promise<number> {
  return (await fieldsOf(pid))(PARENT_FIELD);
}

/** Seconds that the process itself has taken so far, in user and in kernel mode. */
export async function processorSeconds(pid: number): Promise<number> {
  const field = await fieldsOf(pid);
  return (field(USER_FIELD) + field(USER_FIELD + 1)) / TICKS_A_SECOND;
}

/** The same with its children, those that have ended included. */
export async function familySeconds(pid: number): Promise<number> {
  const field = await fieldsOf(pid);
  const ended = (field(USER_FIELD + 2) + field(USER_FIELD + 3)) / TICKS_A_SECOND;
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
  const running = await Promise.all(
    // One that ends in this moment is counted the next time, by its parent.
    children.map((child) => processorSeconds(Number(child)).catch(() => 0)),
  );
  return (await processorSeconds(pid)) + ended + running.reduce((sum, one) => sum + one, 0);
}
