package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// assignment is a key, as its path in the file, and the value it gets.
type assignment struct {
	path  []string
	value string
}

// Save writes public_url and what setting up a platform finds or makes to the
// file at path and to the secrets file c.Secrets, and leaves every other line
// of both as it was. What is empty in c becomes empty where it stands, and is
// not added. A file that is not there yet becomes the example. Each file
// changes at once or not at all, the secrets first.
//
// Save fails, with the key to set by hand, on a file whose form it cannot edit
// with certainty.
func Save(path string, c Config) error {
	m := c.Mattermost
	secrets := []assignment{{[]string{"mattermost", "token"}, string(m.Token)}}
	for _, command := range slices.Sorted(maps.Keys(m.CommandTokens)) {
		secrets = append(secrets, assignment{[]string{"mattermost", "command_tokens", command}, string(m.CommandTokens[command])})
	}
	secrets = append(secrets,
		assignment{[]string{"mattermost", "action_secret"}, string(m.ActionSecret)},
		assignment{[]string{"mattermost", "dialog_secret"}, string(m.DialogSecret)},
		assignment{[]string{"slack", "bot_token"}, string(c.Slack.BotToken)},
		assignment{[]string{"slack", "app_token"}, string(c.Slack.AppToken)},
		assignment{[]string{"slack", "signing_secret"}, string(c.Slack.SigningSecret)})
	plain := []assignment{
		{[]string{"public_url"}, c.PublicURL},
		{[]string{"mattermost", "url"}, m.URL},
		{[]string{"mattermost", "team"}, m.Team},
		{[]string{"slack", "manifest"}, c.Slack.Manifest},
	}

	newSecrets, err := edited(c.Secrets, "# Geheimen van Kansbot: alleen voor wie Kansbot draait.\n", secrets)
	if err != nil {
		return err
	}
	newPlain, err := edited(path, Example, plain)
	if err != nil {
		return err
	}
	if err := replace(c.Secrets, newSecrets, 0o600); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	return replace(path, newPlain, mode)
}

// edited is the text of the file at path, or else of start, with the values in
// it. Its errors name keys, no values.
func edited(path, start string, values []assignment) ([]byte, error) {
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(start)
	} else if err != nil {
		return nil, fmt.Errorf("%s: kan dit bestand niet lezen: %w", path, err)
	}
	for _, v := range slices.Backward(values) { // a new line goes in front of the others
		after, ok := assign(text, v)
		if !ok {
			return nil, fmt.Errorf("%s: zet %s zelf: dit bestand heeft een vorm die Kansbot niet kan bijwerken", path, strings.Join(v.path, "."))
		}
		text = after
	}
	return text, nil
}

// assign changes or adds one line, and reads the result to be sure.
func assign(text []byte, v assignment) ([]byte, bool) {
	root, err := parse(text)
	if err != nil {
		return nil, false
	}
	lines := strings.SplitAfter(string(text), "\n")
	pair, depth := find(root, v.path)
	if depth < len(v.path) && v.value == "" {
		return text, true
	}
	switch depth {
	case len(v.path):
		if was, ok := scalar(pair.Value); ok && strings.TrimSpace(was) == v.value {
			return text, true
		}
		if !replaceValue(lines, pair, v.value) {
			return nil, false
		}
	case 0:
		if n := len(lines) - 1; lines[n] != "" {
			lines[n] += "\n"
		}
		lines = append(lines, block("", v.path, v.value))
	default:
		insert(lines, pair, v.path[depth:], v.value)
	}
	after := []byte(strings.Join(lines, ""))

	root, err = parse(after)
	if err != nil {
		return nil, false
	}
	pair, depth = find(root, v.path)
	if depth < len(v.path) {
		return nil, false
	}
	got, ok := scalar(pair.Value)
	return after, ok && got == v.value
}

// find follows path down as far as it goes: to the pair at that depth.
func find(root ast.Node, path []string) (pair *ast.MappingValueNode, depth int) {
	node := root
	for _, name := range path {
		pairs, _ := mapping(node)
		i := slices.IndexFunc(pairs, func(p *ast.MappingValueNode) bool { return p.Key.GetToken().Value == name })
		if i < 0 {
			break
		}
		pair, node = pairs[i], pairs[i].Value
		depth++
	}
	return pair, depth
}

// replaceValue puts a new value behind a key, before any comment on the line.
func replaceValue(lines []string, pair *ast.MappingValueNode, value string) bool {
	key := pair.Key.GetToken()
	at := key.Position.Line - 1
	head, rest, found := strings.Cut(lines[at], ":")
	if !found || strings.TrimLeft(head, " ") != strings.TrimSpace(key.Origin) {
		return false
	}
	old := ""
	if pair.Value.Type() != ast.NullType {
		old = strings.TrimSpace(pair.Value.GetToken().Origin)
	}
	i := strings.Index(rest, old)
	if i < 0 || strings.TrimSpace(rest[:i]) != "" {
		return false
	}
	tail := rest[i+len(old):]
	if old == "" {
		tail = strings.TrimLeft(rest, " ")
		if strings.HasPrefix(tail, "#") {
			tail = " " + tail
		}
	}
	lines[at] = head + ": " + quote(value) + tail
	return true
}

// insert adds what is left of a path as the first lines within parent.
func insert(lines []string, parent *ast.MappingValueNode, path []string, value string) {
	at := parent.Key.GetToken().Position.Line - 1
	indent := parent.Key.GetToken().Position.Column + 1
	if pairs, _ := mapping(parent.Value); len(pairs) > 0 {
		indent = pairs[0].Key.GetToken().Position.Column - 1
	}
	if !strings.HasSuffix(lines[at], "\n") {
		lines[at] += "\n"
	}
	lines[at] += block(strings.Repeat(" ", indent), path, value)
}

func block(indent string, path []string, value string) string {
	var b strings.Builder
	for i, name := range path {
		b.WriteString(indent + strings.Repeat("  ", i) + name + ":")
		if i < len(path)-1 {
			b.WriteString("\n")
		}
	}
	b.WriteString(" " + quote(value) + "\n")
	return b.String()
}

// quote suits YAML for the plain ASCII that settings consist of.
func quote(value string) string { return strconv.Quote(value) }

// replace is atomic: a reader sees the old file or the new one.
func replace(path string, text []byte, mode fs.FileMode) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return os.Chmod(path, mode)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".kansbot-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
