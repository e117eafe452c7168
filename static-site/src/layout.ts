/** Where the tiles of a gallery go: as large as they can be, in any window. Pure. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How narrow and how wide a tile may be: pictures are cropped to it, and faces must stay in. */
const narrowest = 3 / 4;
const widest = 21 / 9;

/** One box for each of `count` tiles in an area of `width` by `height`, `gap` apart. */
export function fitTiles(count: number, width: number, height: number, gap: number): Box[] {
  let best = { area: -1, columns: 1, tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const tile = shape(
      Math.max(0, (width - gap * (columns - 1)) / columns),
      Math.max(0, (height - gap * (rows - 1)) / rows),
    );
    const area = tile.width * tile.height;
    if (area > best.area) best = { area, columns, tile };
  }
  const { columns, tile } = best;
  const rows = Math.ceil(count / columns);
  const top = (height - rows * tile.height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    // The last row may be shorter than the others, and stands in the middle.
    const inRow = Math.min(columns, count - row * columns);
    const left = (width - inRow * tile.width - (inRow - 1) * gap) / 2;
    return {
      left: left + (index - row * columns) * (tile.width + gap),
      top: top + row * (tile.height + gap),
      ...tile,
    };
  });
}

/** The largest tile of an allowed shape in a cell. */
const shape = (width: number, height: number): Pick<Box, "width" | "height"> => ({
  width: Math.min(width, height * widest),
  height: Math.min(height, width / narrowest),
});
