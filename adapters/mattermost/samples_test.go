package mattermost_test

import (
	"slices"
	"strings"
	"testing"

	"kansbot/adapters/mattermost"
	"kansbot/bot/view/viewtest"
	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// handle knows everybody in the samples but Hugo, who is gone.
func handle(user string) string {
	if user == "hugo" {
		return ""
	}
	return user
}

func TestSampleGoldens(t *testing.T) {
	viewtest.Golden(t, "testdata/golden", mattermost.Update(), func(_ text.Lang, s viewtest.Sample) string {
		return mattermost.Rendered(s.Body, handle)
	})
}

// prose is what is neither a button nor a block of code, to copy.
func prose(rendered string) string {
	var lines []string
	fence := ""
	for line := range strings.Lines(rendered) {
		switch {
		case fence != "":
			if strings.TrimRight(line, "\n") == fence {
				fence = ""
			}
		case strings.HasPrefix(line, "```"):
			fence = strings.TrimRight(line, "\n")
		case strings.HasPrefix(line, "["): // a button
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// Whatever people filled in: nobody is called but who is mentioned, and no
// link, picture or emoji comes of it.
func TestSamplesDoNothing(t *testing.T) {
	for _, lang := range text.Langs {
		for _, s := range viewtest.Samples(lang) {
			shown := prose(mattermost.Rendered(s.Body, handle))
			for _, link := range styled(s.Body, chat.Link) { // ours
				shown = strings.ReplaceAll(shown, "]("+link.URL+")", "")
			}
			var called []string
			for _, mention := range styled(s.Body, chat.Mention) {
				called = append(called, mention.User)
			}
			for _, at := range mattermost.Notifying.FindAllStringIndex(shown, -1) {
				if name, _, _ := strings.Cut(strings.TrimRight(shown[at[0]+1:min(len(shown), at[0]+12)], ".,:"), " "); !slices.ContainsFunc(called, func(user string) bool { return strings.HasPrefix(name, user) }) {
					t.Errorf("%s: %s %s calls %q", lang, s.Kind, s.Name, name)
				}
			}
			for what, pattern := range mattermost.Doing {
				if found := pattern.FindString(shown); found != "" {
					t.Errorf("%s: %s %s has the %s %q", lang, s.Kind, s.Name, what, found)
				}
			}
		}
	}
}

// styled are the spans of a message in a style.
func styled(body chat.Message, style chat.Style) (found []chat.Span) {
	for _, b := range body {
		for _, spans := range append(slices.Clone(b.Items), b.Text) {
			for _, s := range spans {
				if s.Style == style {
					found = append(found, s)
				}
			}
		}
	}
	return found
}
