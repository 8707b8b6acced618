package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/odata"
)

func compileText(text string, columns Columns) (string, []any, error) {
	filter, err := odata.ParseFilter(text, odata.Limits{})
	if err != nil {
		return "", nil, err
	}
	c := &clause{}
	f := compiler{clause: c, columns: columns}
	sql, err := f.condition(filter, true)
	return sql, c.args, err
}

func TestFilterBecomesSQLWithArgumentsOnly(t *testing.T) {
	t.Parallel()
	columns := userColumnsOf()
	columns["type"] = spelled("u.type", "Big", "Small")
	for _, row := range []struct {
		filter, sql string
		args        []any
	}{
		{"displayName eq 'ÅSA'", "u.display_name_key = $1", []any{"åsa"}},
		{"displayName ne 'a'", "u.display_name_key <> $1", []any{"a"}},
		{"displayName eq null", "u.display_name_key = ''", nil},
		{"not (displayName eq null)", "NOT (u.display_name_key = '')", nil},
		{"displayName eq ''", nobody, nil},
		{"displayName le 'b'", "(u.display_name_key > '' AND u.display_name_key <= $1)", []any{"b"}},
		{"startswith(userPrincipalName,'Al')", "u.upn_key >= $1 AND u.upn_key < $2", []any{"al", "am"}},
		{"not startswith(displayName,'Al')", "(u.display_name_key > '' AND NOT (u.display_name_key >= $1 AND u.display_name_key < $2))", []any{"al", "am"}},
		{"accountEnabled eq true and city eq 'x'", "(u.enabled = $1 AND u.city_key = $2)", []any{int64(1), "x"}},
		{"not (accountEnabled eq true and city eq 'x')", "(NOT (u.enabled = $1) OR NOT (u.city_key = $2))", []any{int64(1), "x"}},
		{"id in ('6BE4B305-0000-4000-8000-000000000000','no id')", "u.id IN ($1)", []any{"6be4b305-0000-4000-8000-000000000000"}},
		{"id eq 'no id'", nobody, nil},
		{"id ne 'no id'", always, nil},
		{"type eq 'BIG'", "u.type = $1", []any{"Big"}},
		{"type eq 'huge'", nobody, nil},
		{"createdDateTime gt 1970-01-01T00:00:01Z", "(u.created_at < 9223372036854775807 AND u.created_at > $1)", []any{int64(10_000_000)}},
		{
			"otherMails/any(m:startswith(m,'a'))",
			"0 < (SELECT count(*) FROM object_value v WHERE v.property = 'otherMails' AND v.object_id = u.id AND v.value_key >= $1 AND v.value_key < $2)",
			[]any{"a", "b"},
		},
		{"otherMails/$count eq 0", "(SELECT count(*) FROM object_value v WHERE v.property = 'otherMails' AND v.object_id = u.id) = $1", []any{int64(0)}},
	} {
		sql, args, err := compileText(row.filter, columns)
		if err != nil {
			t.Errorf("%s: %v", row.filter, err)
			continue
		}
		if d := cmp.Diff([]any{row.sql, row.args}, []any{sql, args}); d != "" {
			t.Errorf("%s: %s", row.filter, d)
		}
	}
}

func TestFilterThatCannotBeAnsweredIsRefused(t *testing.T) {
	t.Parallel()
	columns := userColumnsOf()
	narrow := columns["mail"]
	narrow.Ops = edm.Eq
	columns["mail"] = narrow
	for _, row := range []struct{ filter, code, names string }{
		{"passwordHash eq 'x'", "Request_UnsupportedQuery", "passwordHash"},
		{"mail ne 'x'", "Request_UnsupportedQuery", "mail"},
		{"mail eq null", "Request_UnsupportedQuery", "mail"},
		{"startswith(mail,'x')", "Request_UnsupportedQuery", "startsWith"},
		{"mail in ('x')", "Request_UnsupportedQuery", "in"},
		{"otherMails eq 'x'", "Request_UnsupportedQuery", "otherMails"},
		{"displayName/any(x:x eq 'a')", "Request_UnsupportedQuery", "displayName"},
		{"otherMails/any(m:m/secret eq 'a')", "Request_UnsupportedQuery", "secret"},
		{"displayName has 'x'", "Request_UnsupportedQuery", "has"},
		{"isof('microsoft.graph.user')", "Request_UnsupportedQuery", "isof"},
		{"displayName gt null", "Request_UnsupportedQuery", "gt"},
		{"displayName eq 7", "BadRequest", "displayName"},
		{"accountEnabled eq 'yes'", "BadRequest", "accountEnabled"},
		{"createdDateTime ge 'yesterday'", "BadRequest", "createdDateTime"},
		{"displayName eq 'a\x00b'", "BadRequest", "displayName"},
	} {
		_, _, err := compileText(row.filter, columns)
		f, ok := fault.As(err)
		if !ok || f.Status != 400 || f.Code != row.code || !strings.Contains(f.Message, row.names) {
			t.Errorf("%s: %v", row.filter, err)
		}
	}
}

// TestNoTextOfACallersIsInTheSQL is the attack: whatever a literal holds, the SQL is the
// same as for any other literal.
func TestNoTextOfACallersIsInTheSQL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.SampledFrom([]string{"x", "'; DROP TABLE directory_user; --", "{now}", "$1", "a') OR 1=1 --", "\\", "%", "_", "{caller}"}).Draw(r, "start") +
			strings.Map(func(c rune) rune {
				if c == 0 {
					return -1
				}
				return c
			}, rapid.String().Draw(r, "rest"))
		quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
		for _, shape := range []string{
			"displayName eq %", "startswith(displayName,%)", "endswith(displayName,%)", "contains(mail,%)", "displayName in (%,'b')", "otherMails/any(m:m eq %)",
		} {
			sql, args, err := compileText(strings.Replace(shape, "%", quoted, 1), userColumnsOf())
			plain, _, _ := compileText(strings.Replace(shape, "%", "'x'", 1), userColumnsOf())
			if err != nil || !strings.HasPrefix(sql, plain) && sql != strings.Replace(plain, " AND u.display_name_key < $2", "", 1) {
				r.Fatalf("%s with %q: %s, %v", shape, text, sql, err)
			}
			if len(args) == 0 {
				r.Fatalf("%s with %q has no argument", shape, text)
			}
		}
	})
}

func TestTextBehindAPrefixIsTheFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		prefix := rapid.StringN(1, 4, -1).Draw(r, "prefix")
		end, bounded := after(prefix)
		rest := rapid.String().Draw(r, "rest")
		if bounded && (prefix+rest >= end || strings.Compare(prefix, end) >= 0) {
			r.Fatalf("%q is not behind %q", end, prefix+rest)
		}
		other := rapid.String().Draw(r, "other")
		if bounded && other >= prefix && other < end && !strings.HasPrefix(other, prefix) {
			r.Fatalf("%q lies between %q and %q", other, prefix, end)
		}
	})
}
