import { grayPng } from './gray-png.js';
import { noise, seededRandom } from './seeded-random.js';

/** Radii of the rings in pixels: silicon's first three lines on a flat detector. */
const rings = [
  { radius: 34, brightness: 150 },
  { radius: 55, brightness: 90 },
  { radius: 67, brightness: 55 },
];
const size = 144;

/** The picture of an area detector: rings around the shadow of the beam stop, and noise. PNG, about 21 kB. */
export function detectorImage(seed: number): Buffer {
  const random = seededRandom(seed);
  const center = (size - 1) / 2;
  return grayPng(size, size, (x, y) => {
    const radius = Math.hypot(x - center, y - center);
    if (radius < 7) return 0;
    let value = 14 + 40 * Math.exp(-radius / 20) + 4 * noise(random);
    for (const ring of rings) value += ring.brightness * Math.exp(-(((radius - ring.radius) / 1.6) ** 2));
    return Math.max(0, Math.min(255, Math.round(value)));
  });
}
