import type { FileToUpload } from '../../upload/chunk-messages.js';
import { detectorImage } from './detector-image.js';
import { temperatureLog } from './temperature-log.js';
import { xrdScan, type XrdScan } from './xrd-scan.js';

const scans: readonly (XrdScan & { readonly path: string })[] = [
  {
    path: 'xrd/2026-03-11/silicon-standard.xy',
    sample: 'silicon powder, line position standard',
    operator: 'mk',
    measuredAt: '2026-03-11 08:12:40',
    phases: [{ phase: 'silicon', share: 1 }],
    seed: 640,
  },
  {
    path: 'xrd/2026-03-11/quartz-sand.xy',
    sample: 'beach sand, washed',
    operator: 'mk',
    measuredAt: '2026-03-11 09:03:05',
    phases: [{ phase: 'quartz', share: 1 }],
    seed: 46,
  },
  {
    path: 'xrd/2026-03-11/corundum-plate.xy',
    sample: 'sintered corundum plate',
    operator: 'jt',
    measuredAt: '2026-03-11 09:51:22',
    phases: [{ phase: 'corundum', share: 1 }],
    seed: 676,
  },
  {
    path: 'xrd/2026-03-11/mixture-7.xy',
    sample: 'batch 7, ground',
    operator: 'jt',
    measuredAt: '2026-03-11 10:38:47',
    phases: [
      { phase: 'quartz', share: 0.55 },
      { phase: 'corundum', share: 0.4 },
    ],
    seed: 7,
  },
];

/**
 * Files as a laboratory's instruments write them: four diffraction scans, a detector image and a temperature log.
 * Made here rather than stored, and byte for byte the same every time.
 */
export function sampleFiles(): FileToUpload[] {
  const modifiedAt = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`);
  return [
    ...scans.map(scan => ({
      path: scan.path,
      bytes: Buffer.from(xrdScan(scan)),
      modifiedAt: modifiedAt(scan.measuredAt),
    })),
    {
      path: 'detector/2026-03-11/rings.png',
      bytes: detectorImage(111),
      modifiedAt: modifiedAt('2026-03-11 08:14:02'),
    },
    {
      path: 'furnace/2026-03-11.csv',
      bytes: Buffer.from(temperatureLog(900)),
      modifiedAt: modifiedAt('2026-03-11 16:00:00'),
    },
  ];
}
