// Copies vectors, or matrices where ceilings.ts says so: what memory can do at best.
alias elem = vec4f;

override threads = 64u;
// Elements of a thread, neighbours of each other or of the other threads' elements.
override run = 4u;
override strided = true;

@group(0) @binding(0) var<storage, read> source: array<elem>;
@group(0) @binding(1) var<storage, read_write> target_: array<elem>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = group.x * threads * run + select(local * run, local, strided);
  let step = select(1u, threads, strided);
  for (var i = 0u; i < run; i++) {
    target_[start + i * step] = source[start + i * step];
  }
}
