package main

import (
	"os"
	"strings"
	"testing"

	"kansbot/bot/command"
	"kansbot/internal/text"
)

// TestReadme: the first page names every command and every word that may
// follow one.
func TestReadme(t *testing.T) {
	content, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for row := range strings.Lines(string(content)) {
		if name, found := strings.CutPrefix(row, "| `/"); found {
			name, _, _ = strings.Cut(name, "`")
			rows[name] = row
		}
	}
	for _, u := range command.Usages(text.NL) {
		if rows[u.Command] == "" {
			t.Errorf("README has no row for /%s", u.Command)
		}
		for _, v := range u.Verbs {
			if !strings.Contains(rows[u.Command], "`"+v.Word+"`") {
				t.Errorf("README does not name /%s %s", u.Command, v.Word)
			}
		}
		delete(rows, u.Command)
	}
	for name := range rows {
		t.Errorf("README names /%s, which does not exist", name)
	}
}
