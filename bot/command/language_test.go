package command

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kansbot/internal/team"
	"kansbot/internal/text"
)

func TestLinesInEnglish(t *testing.T) {
	for line, want := range map[string]string{
		"/actie uitstel 4 tot Fri 12 Feb":            "/actie postpone 4 until Fri 12 Feb",
		"/kansoverleg start nu":                      "/kansoverleg begin now",
		"/signaal nieuw stil":                        "/signaal new stil",
		"/signaal lijst alles":                       "/signaal list all",
		"/kansoverleg verslag 3 ouders K-014":        "/kansoverleg minutes 3 parents K-014",
		"/kansoverleg punt nu tot de ouders spreken": "/kansoverleg point nu tot de ouders spreken",
		"/actie @emre belt tot vrijdag":              "/actie @emre belt tot vrijdag",
		"/kernteam":                                  "/kernteam",
		"klaar":                                      "klaar",
	} {
		if got := lineIn(text.EN, line); got != want {
			t.Errorf("%q became %q, not %q", line, got, want)
		}
		if got := lineIn(text.NL, line); got != line {
			t.Errorf("%q became %q", line, got)
		}
	}
}

func TestDatesInEnglish(t *testing.T) {
	p := team.Wrong("datum", "date.past", "understood", "donderdag 12 maart 2026", "example", "/kansoverleg verzet vrijdag 30 april")
	if got := dateIn(text.EN, p).Args; got["understood"] != "Thursday 12 March 2026" || got["example"] != "/kansoverleg verzet Friday 30 April" {
		t.Error(got)
	}
	if dateIn(text.NL, p) != p || p.Args["understood"] != "donderdag 12 maart 2026" {
		t.Error(p)
	}
}

// No line that the code writes has a Dutch verb in it for an English team.
func TestEveryLineIsInEnglish(t *testing.T) {
	lines := 0
	for _, dir := range []string{".", "../view"} {
		paths, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || !strings.HasPrefix(lit.Value, `"/`) {
					return true
				}
				line, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
				c, found := commandNamed(name)
				if !found {
					return true
				}
				lines++
				for _, word := range strings.Fields(strings.TrimPrefix(lineIn(text.EN, line), "/"+name)) {
					if dutch(c, word) {
						t.Errorf("%s: %q is %q in English", path, line, lineIn(text.EN, line))
					}
				}
				if word, _ := firstWord(rest); word != "" && !strings.ContainsAny(word, "@") && word != "help" && !typeable(c, word) {
					t.Errorf("%s: nobody can type %q", path, line)
				}
				return true
			})
		}
	}
	if lines < 30 {
		t.Errorf("only %d lines: has their shape changed?", lines)
	}
}

// dutch: a word means something to the command, and has an English word.
func dutch(c command, word string) bool {
	for _, v := range c.verbs {
		if word == v.words[0] && v.word(text.EN) != word {
			return true
		}
	}
	for _, words := range following {
		for _, w := range words {
			if w[0] == word {
				return true
			}
		}
	}
	return false
}

func typeable(c command, word string) bool {
	for _, v := range c.verbs {
		if isWord(word, v.words...) {
			return true
		}
	}
	for _, w := range following[c.name] {
		if w[0] == word {
			return true
		}
	}
	return c.name == "begrip"
}
