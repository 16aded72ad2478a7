package command

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"kansbot/bot/view"
	"kansbot/internal/privacy"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// use is a place in the code that asks for a text. Parts of the id that are
// computed are a *; args are the names that it passes, nil when they cannot be
// read from the code.
type use struct {
	id   string
	args []string
	at   string
}

// written are the names in each text of the file of a language.
func written(t *testing.T, lang text.Lang) map[string][]string {
	t.Helper()
	file, err := os.ReadFile("../../internal/text/" + string(lang) + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := yaml.Unmarshal(file, &texts); err != nil {
		t.Fatal(err)
	}
	names := make(map[string][]string, len(texts))
	for id, value := range texts {
		names[id] = nil
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(fmt.Sprint(value), -1) {
			names[id] = append(names[id], m[1])
		}
	}
	return names
}

func TestEveryTextIsUsedAndThere(t *testing.T) {
	uses := scan(t, ".", "../view")
	families := families(uses)
	texts := map[text.Lang]map[string][]string{}
	for _, lang := range text.Langs {
		texts[lang] = written(t, lang)
	}
	used := map[string]bool{}
	for _, u := range uses {
		ids := []string{u.id}
		if strings.Contains(u.id, "*") {
			if ids = families[u.id]; ids == nil {
				t.Errorf("%s asks for the text %s: which are those?", u.at, u.id)
			}
		}
		for _, id := range ids {
			used[id] = true
			for _, lang := range text.Langs {
				names, found := texts[lang][id]
				if optional := strings.HasSuffix(id, ".hint") || strings.HasSuffix(id, ".intro"); !found && !optional {
					t.Errorf("%s asks for the text %s, which is not in %s.yaml", u.at, id, lang)
				}
				for _, name := range names {
					if u.args != nil && !slices.Contains(u.args, name) {
						t.Errorf("%s does not pass the {%s} of %s in %s.yaml", u.at, name, id, lang)
					}
				}
			}
		}
	}
	for id := range texts[text.NL] {
		if !used[id] {
			t.Errorf("nothing asks for the text %s", id)
		}
	}
}

// families are the texts behind an id that is partly computed.
func families(uses []use) map[string][]string {
	f := map[string][]string{
		"role.*":            with("role.", team.Roles),
		"kind.*":            with("kind.", team.SignalKinds),
		"group.*":           with("group.", team.Groups),
		"status.*":          with("status.", []team.SignalStatus{team.Waiting, team.Discussed, team.Withdrawn}),
		"parents.*":         with("parents.", team.ParentsAll),
		"schooltype.*":      with("schooltype.", team.SchoolTypes),
		"region.*":          with("region.", team.Regions),
		"lang.*":            with("lang.", text.Langs),
		"outcome.*":         with("outcome.", team.Outcomes),
		"evaluated.*":       with("evaluated.", team.Outcomes),
		"consent.*":         with("consent.", team.ParentsAll),
		"haste.*":           {"haste.wachten", "haste.eerder"},
		"agenda.*":          with("agenda.", []team.ItemKind{team.Welcome, team.Spare, team.Closing, team.ErasedItem}), // the others have a text each
		"case.*":            with("case.", []team.ItemState{team.ItemDiscussed, team.ItemCarried}),
		"remind.*":          with("remind.", []string{schedule.StepAhead, schedule.StepDue, schedule.StepLate, view.StepLater}),
		"*.title":           {"actions.title", "mine.title", "workagenda.title"},
		"*.none":            {"actions.none", "mine.none", "workagenda.none"},
		"missing.*":         with("missing.", slices.DeleteFunc(slices.Clone(team.Roles), func(role team.Role) bool { return role == team.OtherRole })),
		"turns.*":           {"turns.alles", "turns.notulist", "turns.vast"},
		"rsvp.passed.*":     with("rsvp.passed.", view.Jobs),
		"rsvp.yours.*":      with("rsvp.yours.", view.Jobs),
		"turn.*":            with("turn.", view.Jobs),
		"has.*":             with("has.", view.Jobs),
		"card.*":            with("card.", view.Jobs),
		"minutes.outcome.*": with("minutes.outcome.", team.Outcomes),
		"letter.role.*":     with("letter.role.", team.Roles),
		"problem.private.*": with("problem.private.", privacy.Kinds),
		"opinion.*":         with("opinion.", marks),
		"problem.*":         {},
		"form.*":            {},
		"form.*.submit":     {},
		"form.*.intro":      {},
	}
	for _, nr := range []string{".1", ".2", ".3"} {
		f["card.*"+nr] = suffixed(f["card.*"], nr)
	}
	f["case.*.by"] = suffixed(f["case.*"], ".by")
	for _, c := range commands {
		f["usage.*"] = append(f["usage.*"], "usage."+c.name)
		if c.pick != nil {
			f["usage.*.pick"] = append(f["usage.*.pick"], "usage."+c.name+".pick")
		}
		for _, v := range c.verbs {
			f["usage.*.*"] = append(f["usage.*.*"], "usage."+c.name+"."+v.words[0])
		}
		for i := range c.examples {
			f["help.*.*"] = append(f["help.*.*"], "help."+c.name+"."+strconv.Itoa(i+1))
		}
	}
	f["usage.*.hint"] = suffixed(f["usage.*"], ".hint")
	f["usage.*.*.hint"] = suffixed(f["usage.*.*"], ".hint")

	// What forms and problems there are, other places in the code say.
	form := regexp.MustCompile(`^form\.[a-z]+$`)
	field := regexp.MustCompile(`^form\.[a-z]+\.[a-z]+$`)
	for _, u := range uses {
		switch {
		case form.MatchString(u.id):
			f["form.*"] = append(f["form.*"], u.id)
			f["form.*.submit"] = append(f["form.*.submit"], u.id+".submit")
			f["form.*.intro"] = append(f["form.*.intro"], u.id+".intro")
		case field.MatchString(u.id):
			f["form.*.*"] = append(f["form.*.*"], u.id)
			f["form.*.*.hint"] = append(f["form.*.*.hint"], u.id+".hint")
		}
	}
	for code := range scheduleProblems {
		f["problem.*"] = append(f["problem.*"], "problem."+code)
	}
	return f
}

func with[K ~string](prefix string, keys []K) []string {
	var ids []string
	for _, k := range keys {
		ids = append(ids, prefix+string(k))
	}
	return ids
}

func suffixed(ids []string, suffix string) []string {
	var list []string
	for _, id := range ids {
		list = append(list, id+suffix)
	}
	return list
}

// scan finds the uses of texts in the packages.
func scan(t *testing.T, dirs ...string) []use {
	t.Helper()
	var s scanner
	s.files = token.NewFileSet()
	for _, dir := range dirs {
		paths, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(s.files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				s.locals = map[string][]ast.Expr{}
				ast.Inspect(d, s.local)
				ast.Inspect(d, s.call)
			}
		}
	}
	if len(s.uses) < 100 {
		t.Fatalf("found %d uses of texts: has their shape changed?", len(s.uses))
	}
	return s.uses
}

type scanner struct {
	files  *token.FileSet
	locals map[string][]ast.Expr // what is assigned to the variables of a function
	uses   []use
}

func (s *scanner) local(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if name, ok := left.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) {
				s.locals[name.Name] = append(s.locals[name.Name], n.Rhs[i])
			}
		}
	case *ast.RangeStmt: // for _, part := range []struct{ id, text string }{{"signal.seen", ...
		list, ok := n.X.(*ast.CompositeLit)
		if !ok || n.Value == nil {
			break
		}
		for _, e := range list.Elts {
			if e, ok := e.(*ast.CompositeLit); ok && len(e.Elts) > 0 {
				name := n.Value.(*ast.Ident).Name + ".id"
				s.locals[name] = append(s.locals[name], e.Elts[0])
			}
		}
	}
	return true
}

func (s *scanner) call(n ast.Node) bool {
	if lit, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, `"choice.`) { // wherever v.Choices gets it from
		s.uses = append(s.uses, use{lit.Value[1 : len(lit.Value)-1], []string{}, s.files.Position(lit.Pos()).String()})
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return true
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	switch name {
	case "Say", "say", "para", "note":
		s.add(call, 0, "", "")
	case "Spans", "Para", "Note", "Heading", "button":
		s.add(call, 1, "", "")
	case "options":
		s.add(call, 1, "", "*")
	case "Wrong":
		s.add(call, 1, "problem.", "")
	case "noCodes": // which passes the code itself
		for _, id := range s.ids(call.Args[3]) {
			s.uses = append(s.uses, use{"problem." + id, nil, s.files.Position(call.Pos()).String()})
		}
	case "form":
		s.add(call, 0, "form.", "")
	case "fill", "write", "choose":
		s.field(call, 0)
	case "field":
		s.field(call, 1)
	}
	return true
}

// add notes the use of the text whose id is argument i of a call.
func (s *scanner) add(call *ast.CallExpr, i int, prefix, suffix string) {
	if i >= len(call.Args) {
		return
	}
	args := []string{}
	for j := i + 1; j < len(call.Args); j += 2 {
		literal, ok := call.Args[j].(*ast.BasicLit)
		if !ok {
			args = nil // passed on, or no arguments of a text at all
			break
		}
		args = append(args, literal.Value[1:len(literal.Value)-1])
	}
	if call.Ellipsis.IsValid() {
		args = nil
	}
	for _, id := range s.ids(call.Args[i]) {
		if strings.Trim(id, "*") != "" { // in a function that passes an id on
			s.uses = append(s.uses, use{prefix + id + suffix, args, s.files.Position(call.Pos()).String()})
		}
	}
}

// field notes a field of a form, named by arguments i and i+1.
func (s *scanner) field(call *ast.CallExpr, i int) {
	form, field := s.ids(call.Args[i]), s.ids(call.Args[i+1])
	if form[0] == "*" || field[0] == "*" { // fill and the like themselves
		return
	}
	id := "form." + form[0] + "." + field[0]
	s.uses = append(s.uses, use{id, nil, s.files.Position(call.Pos()).String()})
}

// ids are the values that an expression may have.
func (s *scanner) ids(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if value, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{value}
		}
	case *ast.BinaryExpr:
		var all []string
		for _, x := range s.ids(e.X) {
			for _, y := range s.ids(e.Y) {
				all = append(all, x+y)
			}
		}
		return all
	case *ast.Ident:
		return s.values(e.Name)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return s.values(x.Name + "." + e.Sel.Name)
		}
	}
	return []string{"*"}
}

func (s *scanner) values(name string) []string {
	found := s.locals[name]
	if found == nil {
		return []string{"*"}
	}
	delete(s.locals, name) // x = x + 1 has no end
	var all []string
	for _, e := range found {
		all = append(all, s.ids(e)...)
	}
	s.locals[name] = found
	return all
}
