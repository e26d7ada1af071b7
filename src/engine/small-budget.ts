/** Below, memory that has not been collected yet counts for more than the CPU time that collecting it takes. */
const leastBudgetBytes = 192 * 1024 * 1024;

/** Whether so little memory is to be used that heaps must be collected early. */
export function isSmallBudget(memoryBudgetBytes: number): boolean {
  return memoryBudgetBytes < leastBudgetBytes;
}
