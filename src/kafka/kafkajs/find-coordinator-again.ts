import type { OffsetManager } from './kafkajs-internals.js';

/** The group may have moved to another broker; failing here only means that the next request to the coordinator fails as well. */
export async function findCoordinatorAgain(manager: OffsetManager): Promise<void> {
  try {
    manager.coordinator = await manager.cluster.findGroupCoordinator({ groupId: manager.groupId });
  } catch {
    // the next request reports it
  }
}
