package chat

import "slices"

// Form asks one person for several things at once. ID is ours, used once, and
// all that the platform ever gets to see of what the form is about.
//
// To fit every platform, Title and the labels are at most 24 bytes, hints 150.
type Form struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Intro  string  `json:"intro,omitempty"`
	Submit string  `json:"submit"`
	Fields []Field `json:"fields"`
}

// Drop takes away the options with that key, and reports whether there were.
func (f *Form) Drop(key string) (dropped bool) {
	for i := range f.Fields {
		field := &f.Fields[i]
		n := len(field.Options)
		field.Options = slices.DeleteFunc(field.Options, func(o Option) bool { return o.Key == key })
		field.Value = slices.DeleteFunc(field.Value, func(v string) bool { return v == key })
		dropped = dropped || len(field.Options) < n
	}
	return dropped
}

// FieldKind is how a Field is filled in.
type FieldKind string

const (
	Line  FieldKind = "line"  // one line of text
	Lines FieldKind = "lines" // text
	One   FieldKind = "one"   // one of Options
	Many  FieldKind = "many"  // any of Options
)

// Field is one question of a Form. Value is what it starts with: the text, or
// keys of Options.
type Field struct {
	Name     string    `json:"name"` // [a-z]+
	Label    string    `json:"label"`
	Hint     string    `json:"hint,omitempty"`
	Kind     FieldKind `json:"kind"`
	Options  []Option  `json:"options,omitempty"`
	Value    []string  `json:"value,omitempty"`
	Optional bool      `json:"optional,omitempty"`
	Max      int       `json:"max,omitempty"` // characters of text, at most 3000; 0 means 150 for a Line and 3000 for Lines
}

// Option is one answer to choose. Key is at most 75 bytes, Label 75.
type Option struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// Limit is how many characters of text the field takes.
func (f Field) Limit() int {
	switch {
	case f.Max > 0:
		return f.Max
	case f.Kind == Lines:
		return 3000
	}
	return 150
}
