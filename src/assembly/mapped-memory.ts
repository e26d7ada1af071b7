import { freeMemory } from './free-memory.js';

/** Below, the memory allocator asks the system itself at first. */
const leastBytes = 128 * 1024;
/** Systems give a process some ten thousand mappings. */
const mostMappings = 4096;

type MakeResizable = new (byteLength: number, options: { readonly maxByteLength: number }) => ArrayBuffer;

/**
 * Memory that goes back to the system when it is freed, while the allocator of the C library keeps what it got: a process that held
 * hundreds of megabytes in pieces for a moment has them for ever. V8 takes the memory of a buffer that may change its length from
 * the system. These never do.
 */
export class MappedMemory {
  #count = 0;

  allocate(byteLength: number): Buffer {
    if (byteLength >= leastBytes && this.#count < mostMappings) {
      try {
        const memory = new (ArrayBuffer as MakeResizable)(byteLength, { maxByteLength: byteLength });
        this.#count += 1;
        return Buffer.from(memory, 0, byteLength);
      } catch {
        // The system has no more mappings; the allocator may have memory.
      }
    }
    return Buffer.allocUnsafeSlow(byteLength);
  }

  /** Nobody looks at the buffer any more. */
  free(buffer: Buffer): void {
    if (isMapped(buffer)) this.#count -= 1;
    freeMemory(buffer);
  }

  /** A buffer that is mapped is left to the garbage collector. */
  leave(): void {
    this.#count -= 1;
  }
}

/** Whether it is memory that goes back to the system. */
export function isMapped({ buffer }: Buffer): boolean {
  return (buffer as ArrayBuffer & { readonly resizable?: boolean }).resizable === true;
}
