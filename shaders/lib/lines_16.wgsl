// As lib/lines_1.wgsl, for a matrix: four columns.

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
  var lines: Lines;
  for (var i = 0u; i < 4u; i++) {
    let line = line_of(4u * c + i, base[i], sum[i], squares[i]);
    lines.mean[i] = line.mean;
    lines.scale[i] = line.scale;
    lines.shift[i] = line.shift;
  }
  return lines;
}
