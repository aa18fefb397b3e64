// Rows of the weights that four neighbouring threads load together: each loads one and gives it to the
// others. The kernel that includes this binds w4 and sets lane_offset to its lane times a row's vec4s.

var<private> lane_offset: u32;

// Every branch around a call is taken by the whole subgroup or by none of it (any_lane), which the
// compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn rows_at(i: u32) -> mat4x4f {
  let own = vec4f(w4[i + lane_offset]);
  return mat4x4f(
    quadBroadcast(own, 0u),
    quadBroadcast(own, 1u),
    quadBroadcast(own, 2u),
    quadBroadcast(own, 3u),
  );
}

fn combine(sum: vec4f) -> vec4f {
  return sum;
}

@diagnostic(off, subgroup_uniformity)
fn any_lane(condition: bool) -> bool {
  return subgroupAny(condition);
}
