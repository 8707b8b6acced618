package authz

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is put, replaced and given up in whichever copy, each copy holds what it was told.
func TestTiesAreIndependentValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			ties  ties
			model map[uint32]*links
		}
		versions := []version{{model: map[uint32]*links{}}}
		maker := new(token)
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			now := &versions[len(versions)-1]
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0: // publish, and perhaps go on from an older one
				from := versions[rapid.IntRange(0, len(versions)-1).Draw(t, "from")]
				versions = append(versions, version{from.ties, maps.Clone(from.model)})
				maker = new(token)
			case 1, 2:
				for place := range now.model {
					now.ties.drop(place, maker)
					delete(now.model, place)
					break
				}
			case 3, 4:
				for place := range now.model {
					l := &links{}
					now.ties.set(place, l, maker)
					now.model[place] = l
					break
				}
			default:
				l := &links{}
				place := now.ties.put(l, maker)
				if _, taken := now.model[place]; taken || place == 0 {
					t.Fatalf("place %d was given twice", place)
				}
				now.model[place] = l
			}
		}
		for i := range versions {
			for place, want := range versions[i].model {
				if got := versions[i].ties.get(place); got != want {
					t.Fatalf("version %d, place %d: another's links", i, place)
				}
			}
		}
	})
}
