// Lines y = (x − mean)·scale + shift of all that `floats` holds. The kernel that includes this defines
// line_of(c, base, sum, squares), that of column `c`.

struct Line {
  mean: reals,
  scale: reals,
  shift: reals,
}

struct Lines {
  mean: floats,
  scale: floats,
  shift: floats,
}

fn lines_of(c: u32, base: floats, sum: floats, squares: floats) -> Lines {
  let line = line_of(c, base, sum, squares);
  return Lines(line.mean, line.scale, line.shift);
}
