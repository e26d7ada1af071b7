import type { OpenTelemetryApi } from './file-tracer.js';

/**
 * `@opentelemetry/api`, where the user's project has it. It is one object for the whole process, whoever loads it, and does
 * nothing until somebody registers an SDK.
 *
 * @returns undefined: the project has none, so nobody traces
 */
export async function loadOpenTelemetry(): Promise<OpenTelemetryApi | undefined> {
  try {
    return await import('@opentelemetry/api');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
