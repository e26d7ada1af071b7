import { noise, seededRandom } from './seeded-random.js';

/** A furnace warms up, holds, and cools down over eight hours: one row per minute. CSV, about 17 kB. */
export function temperatureLog(seed: number): string {
  const random = seededRandom(seed);
  const rows = ['time,setpoint_c,sample_c,power_percent'];
  let sample = 22;
  for (let minute = 0; minute < 480; minute++) {
    const setpoint = setpointAt(minute);
    const power = Math.max(0, Math.min(100, (setpoint - sample) * 2.5 + sample / 16));
    sample += (power - sample / 16) * 0.09 + noise(random) * 0.12;
    const time = new Date(Date.UTC(2026, 2, 11, 8, minute)).toISOString().slice(0, 19);
    rows.push(`${time},${setpoint.toFixed(1)},${sample.toFixed(2)},${power.toFixed(1)}`);
  }
  return `${rows.join('\r\n')}\r\n`;
}

/** 5 degrees a minute up to 900 °C, two hours there, then down again. */
function setpointAt(minute: number): number {
  const rising = 22 + minute * 5;
  const falling = 900 - (minute - 296) * 5;
  return Math.max(22, Math.min(rising, 900, falling));
}
