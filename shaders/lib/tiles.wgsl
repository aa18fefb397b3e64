// How the rows of a tensor [outer, rows, width] are dealt out: one thread does the `elems` of a few
// channels of a tile. Tiles come in blocks of `span` whose rows alternate, so that threads which go
// through memory together read one stretch of it, however few channels there are.
struct Tiling {
  count: u32, // threads: outer · tiles · width
  rows: u32,
  width: u32, // in elems
  tiles: u32,
  length: u32, // rows of a tile, fewer in the last block
  span: u32,
}

// Rows first, first + span, first + 2·span…
struct Tile {
  first: u32,
  rows: u32,
}

fn tile_of(t: Tiling, tile: u32) -> Tile {
  let first = tile / t.span * t.span * t.length + tile % t.span;
  let left = (max(t.rows, first) - first + t.span - 1u) / t.span;
  return Tile(first, min(left, t.length));
}

// What a thread does.
struct Place {
  lane: u32, // in `width`
  tile: u32,
  outer: u32,
}

fn place_of(t: Tiling, thread: u32) -> Place {
  let row = thread / t.width;
  return Place(thread % t.width, row % t.tiles, row / t.tiles);
}

// Index of the first element of a tile that a thread does; the next is span · width on.
fn start_of(t: Tiling, place: Place, tile: Tile) -> u32 {
  return (place.outer * t.rows + tile.first) * t.width + place.lane;
}
