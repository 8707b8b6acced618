package audit

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// A log as the store keeps it: leaf hashes, and the tiles written so far.
type shelf struct {
	leaves []Hash
	tiles  []Tile
}

func (s *shelf) nodes(level uint, from, to uint64) ([]Hash, error) {
	if level == 0 {
		return s.leaves[from:to], nil
	}
	var out []Hash
	for i := range s.tiles {
		if t := &s.tiles[i]; t.Level == level-1 && from <= t.Index && t.Index < to {
			out = append(out, t.Root())
		}
	}
	return out, nil
}

func (s *shelf) add(leaves []Hash) error {
	tiles, err := Tiles(uint64(len(s.leaves)), leaves, s.nodes)
	s.leaves, s.tiles = append(s.leaves, leaves...), append(s.tiles, tiles...)
	return err
}

func TestEveryFullTileIsWrittenOnceWithWhatTheTreeHolds(t *testing.T) {
	t.Parallel()
	all := hashes(1500)
	rapid.Check(t, func(t *rapid.T) {
		var s shelf
		for len(s.leaves) < len(all) {
			step := rapid.IntRange(1, 400).Draw(t, "step")
			next := min(len(all), len(s.leaves)+step)
			if err := s.add(all[len(s.leaves):next]); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.tiles) != len(all)/TileWidth {
			t.Fatalf("%d tiles of %d leaves", len(s.tiles), len(all))
		}
		for n, tile := range s.tiles {
			if tile.Level != 0 || tile.Index != uint64(n) || tile.Hashes != [TileWidth]Hash(all[n*TileWidth:]) {
				t.Fatalf("tile %d is level %d, index %d", n, tile.Level, tile.Index)
			}
		}
	})
}

func TestTilesStandOnTiles(t *testing.T) {
	t.Parallel()
	all := hashes(TileWidth*TileWidth + TileWidth)
	whole := all[:TileWidth*TileWidth]
	var s shelf
	for _, size := range []int{len(whole) - 300, len(whole) - 1, len(whole) + 77, len(all)} {
		if err := s.add(all[len(s.leaves):size]); err != nil {
			t.Fatal(err)
		}
	}
	var above []Tile
	for _, tile := range s.tiles {
		if tile.Level == 1 {
			above = append(above, tile)
		}
	}
	if len(above) != 1 || len(s.tiles) != 1+TileWidth+1 {
		t.Fatalf("%d tiles, %d of them at level 1", len(s.tiles), len(above))
	}
	if above[0].Root() != root(whole) {
		t.Error("a tile of level 1 does not stand for its leaves")
	}
}

func TestTilesRefuseWhatTheStoreCannotGive(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	if _, err := Tiles(255, hashes(1), func(uint, uint64, uint64) ([]Hash, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Errorf("a failed read gave %v", err)
	}
	if _, err := Tiles(255, hashes(1), func(uint, uint64, uint64) ([]Hash, error) { return hashes(254), nil }); err == nil {
		t.Error("a hash too few made a tile")
	}
	never := func(uint, uint64, uint64) ([]Hash, error) { return nil, errors.New("asked for nothing") }
	if tiles, err := Tiles(200, hashes(55), never); err != nil || tiles != nil {
		t.Errorf("no tile is complete: %v, %v", tiles, err)
	}
}
