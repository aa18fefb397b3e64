// The columns that are there, and zeros in place of the others.
fn kept(columns: mat4x4f, there: vec4<bool>) -> mat4x4f {
  return mat4x4f(
    select(vec4f(), columns[0], there.x),
    select(vec4f(), columns[1], there.y),
    select(vec4f(), columns[2], there.z),
    select(vec4f(), columns[3], there.w),
  );
}
