package viewtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// Every function of bot/view that makes a message or a block has its samples,
// and a sample is named after the function that made it.
func TestEveryMessageHasSamples(t *testing.T) {
	makers := messageMakers(t)
	called := calls(t)
	for _, name := range makers {
		if !called[name] {
			t.Errorf("no sample calls %s", name)
		}
	}
	for _, lang := range text.Langs {
		made, there := map[string]bool{}, map[string]bool{}
		for _, s := range Samples(lang) {
			maker, _, _ := strings.Cut(s.Name, ",")
			if !slices.Contains(makers, maker) {
				t.Errorf("%s: what makes %q?", lang, s.Name)
			}
			id := s.Kind + " " + s.Name
			if there[id] {
				t.Errorf("%s: there are two of %q", lang, id)
			}
			there[id], made[s.Kind+" "+maker] = true, true
		}
		for _, kind := range Kinds {
			for _, maker := range makers {
				if !made[kind+" "+maker] {
					t.Errorf("%s: no %s sample of %s", lang, kind, maker)
				}
			}
		}
	}
}

// messageMakers are the exported functions and methods of bot/view that return
// a message or a block.
func messageMakers(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range parsed(t, "..") {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			for _, result := range f.Type.Results.List {
				if s, ok := result.Type.(*ast.SelectorExpr); ok && (s.Sel.Name == "Message" || s.Sel.Name == "Block") {
					names = append(names, f.Name.Name)
				}
			}
		}
	}
	if len(names) < 30 {
		t.Fatalf("found only %q", names)
	}
	return names
}

// calls are the names of what this package calls.
func calls(t *testing.T) map[string]bool {
	t.Helper()
	called := map[string]bool{}
	for _, file := range parsed(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok {
					called[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	return called
}

func parsed(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// What stays in a conversation tells nothing that somebody wrote about a child,
// nor what members told of themselves.
func TestPostsKeepSecrets(t *testing.T) {
	for _, lang := range text.Langs {
		for _, w := range []words{ordinary(lang), long(lang), hostile(lang)} {
			shown := map[string]bool{}
			for _, s := range Samples(lang) {
				body := fmt.Sprint(s.Body)
				for _, secret := range w.secrets() {
					start := string([]rune(secret)[:12])
					if s.Post && strings.Contains(body, start) {
						t.Errorf("%s: %s %s tells %q", lang, s.Kind, s.Name, start)
					}
					shown[start] = shown[start] || strings.Contains(body, start)
				}
			}
			for start, found := range shown {
				if !found {
					t.Errorf("%s: no sample at all shows the %s %q: is it still a secret?", lang, w.kind, start)
				}
			}
		}
	}
}

// Samples keep the contract of chat.Message, whatever people filled in.
func TestSamplesAreMessages(t *testing.T) {
	for _, lang := range text.Langs {
		for _, s := range Samples(lang) {
			if len(s.Body) == 0 {
				t.Errorf("%s: %s %s is empty", lang, s.Kind, s.Name)
			}
			for _, b := range s.Body {
				if problem := wrongBlock(b, s.Post); problem != "" {
					t.Errorf("%s: %s %s: %s", lang, s.Kind, s.Name, problem)
				}
			}
		}
	}
}

func wrongBlock(b chat.Block, posted bool) string {
	spans := slices.Clone(b.Text)
	for _, item := range b.Items {
		if len(item) == 0 {
			return "an empty item"
		}
		spans = append(spans, item...)
	}
	switch b.Kind {
	case chat.Heading, chat.Text, chat.Note, chat.Copy:
		if len(b.Text) == 0 {
			return "an empty " + string(b.Kind)
		}
	case chat.Bullets, chat.Numbers:
		if len(b.Items) == 0 {
			return "an empty list"
		}
	case chat.Buttons:
		if !posted || len(b.Buttons) == 0 || len(b.Buttons) > 5 {
			return fmt.Sprintf("%d buttons", len(b.Buttons))
		}
		for _, button := range b.Buttons {
			if button.Label == "" || utf8.RuneCountInString(button.Label) > 30 || button.Do == "" || len(button.Do) > 200 {
				return fmt.Sprintf("the button %+v", button)
			}
		}
	case chat.Choices:
		if posted || len(b.Choices) == 0 {
			return "choices in a post"
		}
	default:
		return fmt.Sprintf("the kind %q", b.Kind)
	}
	for _, s := range spans {
		if s.Style == chat.Mention && (!posted || s.User == "" || s.Text == "") {
			return fmt.Sprintf("the mention %+v", s)
		}
	}
	return ""
}
