/**
 * The shader with the threads of each workgroup numbered backwards. A driver without parallel lanes
 * runs threads in their order from barrier to barrier, which hides a missing barrier or a thread that
 * writes what another reads; the other order shows it. Shaders without barriers, and those whose
 * subgroups share numbers, stay as they are.
 */
export function reverseThreads(code: string): string {
  if (!code.includes('workgroupBarrier') || code.includes('enable subgroups')) return code;
  return code.replace(
    /@builtin\(local_invocation_index\) local: u32,\n\) \{/g,
    '@builtin(local_invocation_index) forward: u32,\n) {\n  let local = 63u - forward;',
  );
}
