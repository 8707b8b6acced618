package edm

import (
	"testing"

	"ephor/internal/fault"
)

type thing struct{ Name, Colour, Secret string }

var thingEntity = Declare(Entity[thing]{Name: "thing", Properties: []Property[thing]{
	{Name: "name", Uses: OnCreate | Required, Write: func(w *Writer, t *thing) { w.Str(t.Name) }, Read: func(t *thing, v Value) error { t.Name = v.Text; return nil }},
	{Name: "colour", Uses: OnCreate | OnUpdate, Write: func(w *Writer, t *thing) { w.OptStr(t.Colour) }, Read: func(t *thing, v Value) error { t.Colour = v.Text; return nil }},
	{Name: "size", Type: Int32, Single: true, Hidden: true, Write: func(w *Writer, _ *thing) { w.Int(7) }},
	{Name: "secret", Hidden: true, Uses: OnCreate, Read: func(t *thing, v Value) error { t.Secret = v.Text; return nil }},
}})

func TestSelectionIsWhatIsWritten(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		names  []string
		list   bool
		want   string
		status int
	}{
		{nil, true, `{"name":"a","colour":null}`, 0},
		{[]string{"colour"}, true, `{"colour":null}`, 0},
		{[]string{"COLOUR"}, true, `{"colour":null}`, 0},
		{[]string{"size"}, false, `{"size":7}`, 0},
		{[]string{"size"}, true, "", 501},
		{[]string{"secret"}, false, "", 400},
		{[]string{"nothing"}, false, "", 400},
	} {
		s, err := thingEntity.Select(row.names, row.list)
		if row.status != 0 {
			if f, ok := fault.As(err); !ok || f.Status != row.status {
				t.Errorf("Select(%v) = %v, want %d", row.names, err, row.status)
			}
			continue
		}
		var w Writer
		thingEntity.Write(&w, &thing{Name: "a"}, s)
		if got := string(w.Bytes()); err != nil || got != row.want {
			t.Errorf("Select(%v) wrote %s, %v; want %s", row.names, got, err, row.want)
		}
	}
}

func TestABodyMayGiveOnlyWhatItsUseAllows(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		body string
		use  Uses
		ok   bool
	}{
		{`{"name":"a","colour":"red","secret":"s"}`, OnCreate, true},
		{`{"NAME":"a","@odata.type":"#microsoft.graph.thing"}`, OnCreate, true},
		{`{"colour":null}`, OnUpdate, true},
		{`{"colour":"red"}`, OnCreate, false}, // the required name is missing
		{`{"name":null}`, OnCreate, false},
		{`{"name":"b"}`, OnUpdate, false},
		{`{"size":1,"name":"a"}`, OnCreate, false},
		{`{"shape":"round","name":"a"}`, OnCreate, false},
		{`{"name":7}`, OnCreate, false},
		{`["name"]`, OnCreate, false},
	} {
		v, err := ParseJSON([]byte(row.body))
		if err != nil {
			t.Fatal(err)
		}
		var made thing
		_, err = thingEntity.Apply(&made, v, row.use)
		if (err == nil) != row.ok {
			t.Errorf("Apply(%s) = %v, want ok %v", row.body, err, row.ok)
		}
	}
}
