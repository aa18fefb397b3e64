// As little as a dispatch can do and still have to wait for the one before it.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(1)
fn main() {
  y[0] += x[0];
}
