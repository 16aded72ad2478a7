package command

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/store"
	"kansbot/internal/text"
)

// form is a form whose texts are "form.NAME", "form.NAME.intro" and
// "form.NAME.submit", with "form.NAME.FIELD" and perhaps
// "form.NAME.FIELD.hint" for each field.
func (r *Request) form(name string, fields ...chat.Field) chat.Form {
	id := "form." + name
	form := chat.Form{Title: r.lang.Say(id), Submit: r.lang.Say(id + ".submit"), Fields: fields}
	if r.lang.Has(id + ".intro") {
		form.Intro = r.lang.Say(id + ".intro")
	}
	return form
}

func (r *Request) field(kind chat.FieldKind, form, name string, value ...string) chat.Field {
	id := "form." + form + "." + name
	f := chat.Field{Name: name, Label: r.lang.Say(id), Kind: kind}
	if r.lang.Has(id + ".hint") {
		f.Hint = r.lang.Say(id + ".hint")
	}
	for _, v := range value {
		if v != "" {
			f.Value = append(f.Value, v)
		}
	}
	return f
}

// fill asks for a line, write for text, choose for one of the options.
func (r *Request) fill(form, name, value string, limit int) chat.Field {
	f := r.field(chat.Line, form, name, value)
	f.Max = limit
	return f
}

func (r *Request) write(form, name, value string, limit int) chat.Field {
	f := r.field(chat.Lines, form, name, value)
	f.Max = limit
	return f
}

func (r *Request) choose(form, name string, options []chat.Option, value string) chat.Field {
	f := r.field(chat.One, form, name, value)
	f.Options = options
	return f
}

func optional(f chat.Field) chat.Field {
	f.Optional = true
	return f
}

// options makes a choice of keys, each labelled with the text prefix+key.
func options[K ~string](lang text.Lang, prefix string, keys []K) []chat.Option {
	list := make([]chat.Option, len(keys))
	for i, k := range keys {
		list[i] = chat.Option{Key: string(k), Label: lang.Say(prefix + string(k))}
	}
	return list
}

// persons makes a choice of people, with as much of their names as fits.
func persons(people []chat.Person) []chat.Option {
	list := make([]chat.Option, len(people))
	for i, p := range people {
		list[i] = chat.Option{Key: p.ID, Label: cmp.Or(p.Name, p.Handle)}
		for n := maxLabel; len(list[i].Label) > maxLabel; n-- {
			list[i].Label = cut(list[i].Label, n)
		}
	}
	return list
}

// maxLabel is how many bytes of an option's label every platform shows.
const maxLabel = 75

// cut keeps at most n characters.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// formGone forgets a form that nobody sent in.
func formGone(r *Request, d store.Due) error {
	return store.Forms.Delete(r.tx, d.ID[len("form/"):])
}

// imprints are what a form keeps of the record that it is about: enough to see
// later what somebody changed. Their texts are in the record; a form has none.
func imprints(form chat.Form) map[string]string {
	all := map[string]string{}
	for _, f := range form.Fields {
		all[f.Name] = imprint(f.Value)
	}
	return all
}

func imprint(values []string) string {
	sum := sha256.Sum256([]byte(tidy(strings.Join(slices.Sorted(slices.Values(values)), "\n"))))
	return hex.EncodeToString(sum[:])
}

// began reports whether the record of the form that was sent in had that value
// when it was opened.
func (r *Request) began(field string, value []string) bool {
	return imprint(value) == r.sent.Began[field]
}

// rebase takes from a form only what it says otherwise than its record did when
// it was opened; now is the form of the record by now. What somebody else changed
// meanwhile to something else is the Problem that newer gives.
func (r *Request) rebase(now chat.Form, v values, newer func(field string) error) error {
	for _, f := range now.Fields {
		said := v[f.Name]
		switch {
		case r.began(f.Name, said):
			v[f.Name] = f.Value
		case !r.began(f.Name, f.Value) && imprint(f.Value) != imprint(said):
			return newer(f.Name)
		}
	}
	return nil
}
