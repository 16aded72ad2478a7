package mattermost

import (
	"regexp"

	"kansbot/internal/chat"
)

// Update is whether the golden files are to be written anew.
func Update() bool { return *update }

// Rendered is a message as the server gets it, for reading.
func Rendered(body chat.Message, handle func(user string) string) string {
	return golden(renderer{actionURL: "https://kansbot.example/action", handle: handle}.message(body))
}

// Doing are what Mattermost would do something with.
var Doing = map[string]*regexp.Regexp{"link": linking, "emoji": emojiNames}

// Notifying finds the @ of a mention.
var Notifying = notifying
