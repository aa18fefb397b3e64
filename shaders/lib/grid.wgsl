// Index of this workgroup in a one-dimensional list that gridOf() wrapped into two dimensions.
fn flat_workgroup(workgroup: vec3u, workgroups: vec3u) -> u32 {
  return workgroup.x + workgroup.y * workgroups.x;
}
