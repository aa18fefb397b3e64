// A counter one higher.
@group(0) @binding(1) var<storage, read_write> counter: array<i32>;

@compute @workgroup_size(1)
fn main() {
  counter[0] += 1;
}
