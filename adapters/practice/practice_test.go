package practice

import "kansbot/internal/chat"

func chatPost(key, under, text string) chat.Post {
	return chat.Post{Key: key, To: chat.To{Channel: zwaan}, Under: under, Body: chat.Message{{Kind: chat.Text, Text: plainly(text)}}}
}
