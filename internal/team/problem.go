package team

import "fmt"

// Problem is a mistake of the asker's own: shown to the asker in plain words,
// at its field, and never logged. Every other error is ours.
type Problem struct {
	Code  string // names the text "problem.CODE"
	Field string // the form field or part of the line it belongs to; empty for the whole
	Args  map[string]string
}

// Wrong makes a Problem; args are name, value, name, value.
func Wrong(field, code string, args ...string) *Problem {
	p := &Problem{Code: code, Field: field, Args: make(map[string]string, len(args)/2)}
	for i := 0; i+1 < len(args); i += 2 {
		p.Args[args[i]] = args[i+1]
	}
	return p
}

// With is the Problem with more arguments, or others; p stays as it is.
func (p *Problem) With(args ...string) *Problem {
	q := Wrong(p.Field, p.Code, args...)
	for name, value := range p.Args {
		if _, given := q.Args[name]; !given {
			q.Args[name] = value
		}
	}
	return q
}

// Error names the code only: the arguments hold what somebody typed.
func (p *Problem) Error() string { return fmt.Sprintf("problem %s at %q", p.Code, p.Field) }
