package audit

import (
	"fmt"
	"slices"
)

// TileWidth is the number of hashes in a full tile.
const TileWidth = 256

// A Tile is 256 neighbouring nodes of the tree, stored once, when the last of them is
// known: with tiles a proof reads a handful of rows, however long the log. Tile n of
// level 0 holds the leaf hashes 256n to 256n+255; tile n of level l+1 holds the roots of
// the tiles 256n to 256n+255 of level l. This is the layout of tiled transparency logs.
type Tile struct {
	Level  uint
	Index  uint64
	Hashes [TileWidth]Hash
}

// Root is the hash of the perfect subtree above the tile.
func (t *Tile) Root() Hash { return Frontier{}.Append(t.Hashes[:]...).Root() }

// A Nodes function gives hashes that were stored before: at level 0 the leaf hashes from,
// up to and not including, to; at level l+1 the roots of the tiles of level l with those
// indexes.
type Nodes func(level uint, from, to uint64) ([]Hash, error)

// Tiles lists the tiles that become full when leaves are added to a log of size old, in
// an order in which each comes after those it stands on. It asks stored for fewer than
// 256 hashes a level, and only where a tile is completed.
func Tiles(old uint64, leaves []Hash, stored Nodes) ([]Tile, error) {
	var tiles []Tile
	from, added := old, leaves
	for level := uint(0); ; level++ {
		first, end := from/TileWidth, (from+uint64(len(added)))/TileWidth
		if first == end {
			return tiles, nil
		}
		row, err := before(level, first*TileWidth, from, stored)
		if err != nil {
			return nil, err
		}
		row = append(row, added...)
		from, added = first, nil
		for n := first; n < end; n++ {
			t := Tile{Level: level, Index: n, Hashes: [TileWidth]Hash(row[(n-first)*TileWidth:])}
			tiles, added = append(tiles, t), append(added, t.Root())
		}
	}
}

// before is what stands at the left of the added nodes in their first tile.
func before(level uint, from, to uint64, stored Nodes) ([]Hash, error) {
	if from == to {
		return nil, nil
	}
	row, err := stored(level, from, to)
	if err != nil {
		return nil, fmt.Errorf("read log nodes %d to %d of level %d: %w", from, to, level, err)
	}
	if uint64(len(row)) != to-from {
		return nil, fmt.Errorf("log nodes %d to %d of level %d: there are %d", from, to, level, len(row))
	}
	return slices.Clip(row), nil
}
