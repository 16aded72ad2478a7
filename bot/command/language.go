package command

import (
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// inLanguage turns the lines to type in a reply into those of the language:
// the code writes "/actie lijst", an English team reads "/actie list". What
// comes after the verb stays as it is.
func inLanguage(lang text.Lang, body chat.Message) chat.Message {
	if lang == text.NL {
		return body
	}
	for i := range body {
		block := &body[i]
		if block.Kind == chat.Copy && len(block.Text) == 1 {
			block.Text[0].Text = lineIn(lang, block.Text[0].Text)
		}
		for j := range block.Choices {
			block.Choices[j].Line = lineIn(lang, block.Choices[j].Line)
		}
	}
	return body
}

func lineIn(lang text.Lang, line string) string {
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	c, found := commandNamed(name)
	word, after := firstWord(rest)
	if !found || !strings.HasPrefix(line, "/") {
		return line
	}
	for _, v := range c.verbs {
		if isWord(word, v.words...) {
			return strings.TrimSpace("/" + name + " " + v.word(lang) + " " + after)
		}
	}
	return line
}
