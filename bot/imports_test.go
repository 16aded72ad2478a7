package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// directions is which package may import which, and why. What is not here is
// not allowed; tests may import what they like.
var directions = []struct {
	from, to, because string
}{
	{"config", "", "what one sets is read before anything else exists"},
	{"internal/team", "", "the domain needs nothing to be thought through"},
	{"internal/chat", "", "the vocabulary of every platform cannot lean on one of us"},
	{"internal/cache", "", "it keeps whatever it is given"},
	{"internal/tasks", "", "so does this, in line"},
	{"internal/kv", "", "a port has no side"},
	{"internal/text", "", "words need only their language"},
	{"internal/kv/kvtest", "internal/kv", "it is what a driver of that port must pass"},
	{"internal/schedule", "internal/team", "calendar days are the domain's"},
	{"internal/ical", "", "a feed writes dates, whoever computed them"},
	{"internal/privacy", "internal/team", "what it finds is told as the domain tells a mistake"},
	{"internal/store", "internal/chat internal/kv internal/schedule internal/team", "it gives their records a place in kv"},
	{"internal/audit", "internal/kv internal/store", "the trail is a table"},
	{"internal/outbox", "internal/chat internal/kv internal/store", "it keeps posts and hands them to a platform"},
	{"bot/view", "internal/chat internal/schedule internal/team internal/text", "from domain to message, without store or platform"},
	{"bot/view/viewtest", "bot/view internal/chat internal/schedule internal/team internal/text", "it fills every message of the views"},
	{"bot/command", "bot/view internal/audit internal/chat internal/ical internal/kv internal/outbox internal/privacy internal/schedule internal/store internal/team internal/text",
		"the use cases bring everything together, but reach no platform"},
	{"adapters/bolt", "internal/kv", "a store fills the storage port"},
	{"adapters/mattermost", "internal/cache internal/chat internal/tasks", "a platform knows the vocabulary and nothing of what is said in it"},
	{"adapters/mattermost/mmtest", "", "a server to test with knows nothing of us"},
	{"adapters/slack", "internal/cache internal/chat internal/tasks", "another platform, with the same knowledge"},
	{"adapters/slack/slacktest", "", "an imitation to test with knows nothing of us"},
	{"adapters/pages", "internal/chat", "browsers that have a link see the vocabulary, and nothing of what is said in it"},
	{"adapters/practice", "internal/chat internal/kv", "a platform; as it is its own server, it keeps its posts"},
	{"adapters/practice/practicetest", "", "a browser to test with knows nothing of us"},
	{"bot", "adapters/bolt adapters/mattermost adapters/pages adapters/practice adapters/slack bot/command config internal/chat internal/kv internal/outbox internal/schedule internal/store internal/team internal/text",
		"main alone wires adapters and configuration to the rest"},
}

// vendors are import paths that only adapters may use: who talks to an outside
// system can be found in one place.
var vendors = []string{"github.com/mattermost/", "github.com/slack-go/", "github.com/gorilla/websocket", "go.etcd.io/bbolt", "github.com/jackc/pgx", "codeberg.org/go-pdf/"}

// clocked are the folders that may ask what time it is; the others get it as
// an argument, so that a test or a rehearsal decides.
var clocked = []string{"bot", "config", "adapters/"}

// longest is how many lines a file may have.
const longest = 600

type goPackage struct {
	Dir, ImportPath, Doc                               string
	GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
	Imports                                            []string
	Module                                             struct{ Path string }
}

// name is the import path without the module's: "internal/team".
func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, p.Module.Path+"/") }

func (p goPackage) in(folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		return p.name() == f || strings.HasSuffix(f, "/") && strings.HasPrefix(p.name(), f)
	})
}

var packages = sync.OnceValues(func() ([]goPackage, error) {
	list := exec.Command("go", "list", "-json=Dir,ImportPath,Doc,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,Module", "kansbot/...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	var all []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func allPackages(t *testing.T) []goPackage {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < len(directions)/2 {
		t.Fatalf("go list knows only %d packages", len(all))
	}
	return all
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range allPackages(t) {
		row := slices.IndexFunc(directions, func(d struct{ from, to, because string }) bool { return d.from == p.name() })
		if row < 0 {
			t.Errorf("%s is not in the table of directions", p.name())
			continue
		}
		may := strings.Fields(directions[row].to)
		for _, path := range p.Imports {
			if ours, ok := strings.CutPrefix(path, p.Module.Path+"/"); ok && !slices.Contains(may, ours) {
				t.Errorf("%s may not import %s: %s", p.name(), ours, directions[row].because)
			}
			if !p.in([]string{"adapters/"}) && slices.ContainsFunc(vendors, func(v string) bool { return strings.HasPrefix(path, v) }) {
				t.Errorf("%s may not import %s: only adapters talk to outside systems", p.name(), path)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range allPackages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no doc comment", p.name())
		}
	}
}

func TestFiles(t *testing.T) {
	platform := regexp.MustCompile(`(?i)slack|mattermost`)
	for _, p := range allPackages(t) {
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file := p.name() + "/" + name
			source, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if formatted, err := format.Source(source); err != nil || !bytes.Equal(formatted, source) {
				t.Errorf("%s is not as gofmt wants it (%v)", file, err)
			}
			if n := bytes.Count(source, []byte("\n")); n > longest {
				t.Errorf("%s has %d lines, more than %d", file, n, longest)
			}
			if word := platform.Find(source); word != nil && !p.in([]string{"bot", "config", "adapters/"}) {
				t.Errorf("%s speaks of %s: only adapters, config and the wiring know platforms", file, word)
			}
			if !p.in(clocked) && !strings.HasSuffix(name, "_test.go") {
				for _, at := range asksTime(t, name, source) {
					t.Errorf("%s:%d asks what time it is: only the edges do, the rest gets it as an argument", file, at)
				}
			}
		}
	}
}

// asksTime gives the lines that call the system's clock.
func asksTime(t *testing.T, name string, source []byte) (lines []int) {
	t.Helper()
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
				lines = append(lines, files.Position(s.Pos()).Line)
			}
		}
		return true
	})
	return lines
}
