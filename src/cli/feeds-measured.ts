/** What commands say where feeds are not measured by today. */
export function feedsMeasuredText(measuredAt: number): string {
  const day = new Date(measuredAt).toISOString().slice(0, 10);
  return `The age of feeds is measured from ${day}, the day of the snapshot that was imported last, not from today. The next import of anything else ends that.`;
}
