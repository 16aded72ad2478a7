package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// place is what is being read: a file or a variable.
type place struct {
	name   string
	dir    string // of a file: what its relative paths are relative to
	env    bool
	secret bool // nothing that is read here may show in a problem
}

// at is where a node stands: "kansbot.yaml:12", or the variable's name.
func (p place) at(n ast.Node) string {
	if p.env || n.GetToken() == nil {
		return p.name
	}
	return fmt.Sprintf("%s:%d", p.name, n.GetToken().Position.Line)
}

// of is where the parser found err.
func (p place) of(err error) string {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return fmt.Sprintf("%s:%d", p.name, at.GetToken().Position.Line)
	}
	return p.name
}

// detail is what the parser says, without its excerpt of the text; of a secret
// not even that.
func (p place) detail(err error) string {
	var at yaml.Error
	switch {
	case p.secret:
		return ""
	case errors.As(err, &at):
		return ": " + at.GetMessage()
	}
	return ": " + err.Error()
}

// parse gives the one document in text; nil when there is nothing in it.
func parse(text []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType {
			continue
		}
		if body != nil {
			return nil, errors.New("meer dan één document")
		}
		body = doc.Body
	}
	return body, nil
}

func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// scalar is a node's value as it was written, so that 007 stays 007.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.NullNode:
		return "", true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// tree takes the settings whose key starts with prefix from a mapping.
func (l *loader) tree(p place, node ast.Node, prefix string) {
	if node == nil || node.Type() == ast.NullType {
		return
	}
	pairs, ok := mapping(node)
	if !ok {
		l.wrong(p.at(node), strings.TrimSuffix(prefix, "."), "hier horen regels van de vorm naam: waarde")
		return
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		key := prefix + pair.Key.GetToken().Value
		i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
		group := slices.ContainsFunc(settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
		switch {
		case i < 0 && !group:
			l.unknown(p, pair.Key, key)
		case seen[key]:
			l.wrong(p.at(pair.Key), key, "staat er twee keer")
		case group:
			l.tree(p, pair.Value, key+".")
		case settings[i].secret && !p.secret:
			l.wrong(p.at(pair.Key), key, "is geheim en hoort in "+filepath.Base(l.config.Secrets))
		case !settings[i].secret && p.secret:
			l.wrong(p.at(pair.Key), key, "is niet geheim en hoort in het gewone bestand")
		default:
			l.set(p, settings[i], pair.Value)
		}
		seen[key] = true
	}
}

// unknown names the key that was probably meant. A key of a secrets file shows
// only when it nearly is one: it may be a secret that lost its name.
func (l *loader) unknown(p place, at ast.Node, key string) {
	names := []string{"mattermost", "slack", "cirkel"}
	for _, s := range settings {
		names = append(names, s.key)
	}
	meant := didYouMean(key, names)
	if p.secret && meant == "" {
		key = ""
	}
	l.wrong(p.at(at), key, "onbekende instelling"+meant)
}

// set gives a setting its value, unless it has one already: then the value is
// checked only.
func (l *loader) set(p place, s setting, node ast.Node) {
	into := &l.config
	if l.from[s.key] != "" {
		into = &Config{}
	}
	found := false
	switch field := s.field(into).(type) {
	case *string:
		found = l.text(p, s, node, field)
		if found && s.path {
			*field = beside(p.dir, *field)
		}
	case *Secret:
		found = l.text(p, s, node, (*string)(field))
	case *map[string]Secret:
		found = l.secrets(p, s, node, field)
	case *[]Workspace:
		found = l.workspaces(p, s, node, field)
	case *[]Element:
		found = l.elements(p, s, node, field)
	}
	if found && l.from[s.key] == "" {
		l.from[s.key] = p.at(node)
	}
}

// text, secrets, workspaces and elements set field to what the node says and
// report whether it says anything.
func (l *loader) text(p place, s setting, node ast.Node, field *string) (found bool) {
	value, ok := scalar(node)
	if !ok {
		l.wrong(p.at(node), s.key, "hier hoort één waarde")
		return true
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return false
	}
	if what := s.check(&value); what != "" {
		l.wrong(p.at(node), s.key, what)
		return true
	}
	*field = value
	return true
}

func (l *loader) secrets(p place, s setting, node ast.Node, field *map[string]Secret) (found bool) {
	if node.Type() == ast.NullType {
		return false
	}
	pairs, ok := mapping(node)
	if !ok {
		l.wrong(p.at(node), s.key, "schrijf {opdracht: token, ...}")
		return true
	}
	all := map[string]Secret{}
	for _, pair := range pairs {
		command := pair.Key.GetToken().Value
		if !commandName.MatchString(command) {
			l.wrong(p.at(pair.Key), s.key, "schrijf elke opdracht in kleine letters en zonder schuine streep")
			continue
		}
		if _, twice := all[command]; twice {
			l.wrong(p.at(pair.Key), s.key+"."+command, "staat er twee keer")
			continue
		}
		var value string
		one := setting{key: s.key + "." + command, check: s.check}
		if l.text(p, one, pair.Value, &value) {
			all[command] = Secret(value)
		}
	}
	*field = all
	return len(pairs) > 0
}

func (l *loader) workspaces(p place, s setting, node ast.Node, field *[]Workspace) (found bool) {
	if node.Type() == ast.NullType {
		return false
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		l.wrong(p.at(node), s.key, "hier hoort een lijst van werkruimtes")
		return true
	}
	for _, item := range list.Values {
		var w Workspace
		sound := l.parts(p, s.key, item, []part{
			{"bot_token", (*string)(&w.BotToken), checkBotToken},
			{"app_token", (*string)(&w.AppToken), checkAppToken},
			{"signing_secret", (*string)(&w.SigningSecret), checkSigningSecret},
		})
		if sound && (w.BotToken == "" || w.AppToken == "" && w.SigningSecret == "") {
			l.wrong(p.at(item), s.key, "elke werkruimte heeft een bot_token, en een app_token of een signing_secret")
		}
		*field = append(*field, w)
	}
	return len(list.Values) > 0
}

func (l *loader) elements(p place, s setting, node ast.Node, field *[]Element) (found bool) {
	if node.Type() == ast.NullType {
		return false
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok || len(list.Values) < 6 || len(list.Values) > 10 {
		l.wrong(p.at(node), s.key, "hier hoort een lijst van 6 tot en met 10 elementen")
		return true
	}
	var all []Element
	for _, item := range list.Values {
		var e Element
		sound := l.parts(p, s.key, item, []part{
			{"key", &e.Key, checkMatch(elementKey, "een kort woord in kleine letters, zonder accenten")},
			{"label", &e.Label, checkLine(40)},
			{"vraag", &e.Question, checkLine(200)},
		})
		switch {
		case !sound:
		case e.Key == "" || e.Label == "" || e.Question == "":
			l.wrong(p.at(item), s.key, "elk element heeft een key, een label en een vraag")
		case slices.ContainsFunc(all, func(other Element) bool { return other.Key == e.Key }):
			l.wrong(p.at(item), s.key, "de key "+e.Key+" staat er twee keer")
		}
		all = append(all, e)
	}
	*field = all
	return true
}

// part is one value within an item of a list.
type part struct {
	name  string
	field *string
	check func(*string) string
}

// parts sets the fields of an item and reports whether nothing was wrong.
func (l *loader) parts(p place, key string, node ast.Node, parts []part) (sound bool) {
	before := len(l.problems)
	names := make([]string, len(parts))
	for i, one := range parts {
		names[i] = one.name
	}
	pairs, ok := mapping(node)
	if !ok {
		l.wrong(p.at(node), key, "schrijf {"+strings.Join(names, ": ..., ")+": ...}")
	}
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		i := slices.Index(names, name)
		if i < 0 {
			meant, at := didYouMean(name, names), key+"."+name
			if p.secret && meant == "" {
				at = key
			}
			l.wrong(p.at(pair.Key), at, "onbekend onderdeel"+meant)
			continue
		}
		one := setting{key: key + "." + name, check: parts[i].check}
		if *parts[i].field != "" {
			l.wrong(p.at(pair.Key), one.key, "staat er twee keer")
			continue
		}
		l.text(p, one, pair.Value, parts[i].field)
	}
	return len(l.problems) == before
}
