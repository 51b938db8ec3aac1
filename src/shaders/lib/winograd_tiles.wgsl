// Which tiles of which image an invocation of a Winograd transform works on: x is a vector of four channels, y a row of tiles of an
// image, and z the first of every GRID_Z-th tile of that row, so that neighbours read and write neighbours and nothing is divided
// tile by tile. GPUs get an invocation for each tile, software drivers one for each row.
//
// The extents come in a buffer and not as constants: a transform takes long to compile, and so serves all layers of a net.
struct Extents {
  height: u32, width: u32,
  // vectors of four
  channels: u32,
  // all, and those of one image
  tiles: u32, tiles_high: u32, tiles_wide: u32,
  padding_top: u32, padding_left: u32,
}

// A row of tiles: its top pixel, the index of that pixel row's image and of its first tile, and distances between neighbours.
struct Row { top: u32, image: u32, first: u32, pixel: u32, position: u32 }

// `side` is the number of outputs along a side of a tile.
fn row_of(id: vec3u, e: Extents, side: u32) -> Row {
  return Row(
    id.y % e.tiles_high * side,
    id.y / e.tiles_high * e.height * e.width * e.channels + id.x,
    id.y * e.tiles_wide * e.channels + id.x,
    e.channels,
    e.tiles * e.channels);
}
