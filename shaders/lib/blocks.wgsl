// Sums of products of matrices, [filters, 4 rows]·[4 rows, columns], held in registers: 4·vectors filters
// by the columns of a Block. What includes this defines Block and add(), as lib/block.wgsl does, and
// rows_at(i), 4 rows by 4 filters of which vec4 `i` is the first.

override vectors: u32 = 4u; // 1 to 8

// Those of each vec4 of filters.
struct Sums {
  s0: Block,
  s1: Block,
  s2: Block,
  s3: Block,
  s4: Block,
  s5: Block,
  s6: Block,
  s7: Block,
}

// Adds the products with the rows from vec4 `i` on; a column has 4 numbers, one for each row.
fn accumulate(sums: Sums, i: u32, columns: Block) -> Sums {
  var s = sums;
  s.s0 = add(s.s0, rows_at(i), columns);
  if (vectors > 1u) { s.s1 = add(s.s1, rows_at(i + 1u), columns); }
  if (vectors > 2u) { s.s2 = add(s.s2, rows_at(i + 2u), columns); }
  if (vectors > 3u) { s.s3 = add(s.s3, rows_at(i + 3u), columns); }
  if (vectors > 4u) { s.s4 = add(s.s4, rows_at(i + 4u), columns); }
  if (vectors > 5u) { s.s5 = add(s.s5, rows_at(i + 5u), columns); }
  if (vectors > 6u) { s.s6 = add(s.s6, rows_at(i + 6u), columns); }
  if (vectors > 7u) { s.s7 = add(s.s7, rows_at(i + 7u), columns); }
  return s;
}
