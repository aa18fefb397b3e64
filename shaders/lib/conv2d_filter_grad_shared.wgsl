// Rows of dy, which are pixels, that four neighbouring threads load together: each loads one and gives it to
// the others. The kernel that includes this binds params and dy4 and sets lane.

var<private> lane: u32;
var<private> lane_inside: bool;

fn limit_rows(rows: u32) {
  lane_inside = lane < rows;
}

// Every branch around a call is taken by all four threads or by none (any_lane, and the same steps),
// which the compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn rows_at(i: u32) -> mat4x4f {
  let own = select(vec4f(), vec4f(dy4[i + lane * (params.conv.filters / 4u)]), lane_inside);
  return mat4x4f(
    quadBroadcast(own, 0u),
    quadBroadcast(own, 1u),
    quadBroadcast(own, 2u),
    quadBroadcast(own, 3u),
  );
}

@diagnostic(off, subgroup_uniformity)
fn any_lane(condition: bool) -> bool {
  return subgroupAny(condition);
}
